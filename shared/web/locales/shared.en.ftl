laurel = Laurel
skip-to-content = Skip to content
main-navigation = Main navigation
language-switch = 中文
language-zh = Chinese
language-en = English
language-any = any
nav-seasons = Seasons
nav-notices = Results and notices
nav-verify = Check a certificate
nav-sign-in = Sign in
nav-mine = My page
statement = Competitions and their results are not a basis for admission to primary or secondary schools
foot-approval = Approval number: { $number }
foot-free = Taking part costs nothing.
foot-verify = Check a certificate
foot-children = How we protect children’s data
error-prefix = Error:{" "}
back-home = Back to the first page
back = Back

events-lede = The events this service sends and receives. The envelope is CloudEvents 1.0, the body JSON. A star marks a field that is always there.
events-send = Sends
events-receive = Receives
events-durable = Durable consumer
events-field = Field
events-type = Type
events-meaning = Meaning

kind-student = Student
kind-instructor = Instructor
kind-unit = Organizational unit
instructor-award-title = Outstanding Instructor
unit-award-title = Outstanding Organizational Unit

problem-works-away = The files of works cannot be reached at the moment. Try again in a minute.
problem-status-401 = Please sign in
problem-status-403 = Not allowed
problem-status-404 = Not found
problem-status-405 = That cannot be done here
problem-status-408 = Too slow
problem-status-409 = That cannot be done now
problem-status-413 = Too large
problem-status-422 = Something needs to be changed
problem-status-429 = Please wait
problem-status-500 = Something went wrong on our side
problem-status-503 = Please try again shortly
problem-unknown = Please check and try again.
problem-our-fault = No change was saved. Please try again later; if it still fails, tell the organizer when it happened.
problem-try-again = A part of the system cannot be reached for the moment. Try again in a few seconds; sending the same request again has no second effect.
problem-overloaded = So many people are here at this moment that your request was not begun; nothing was changed. Please try again in { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
  }. Your browser keeps what you typed if you go back.
try-same-again = Try again
problem-no-such-file = There is no such file.
problem-no-such-page = There is nothing at this address, or you cannot see it.
problem-method-not-allowed = This address does not take such a request.
problem-request-bad = The request cannot be understood.
problem-malformed = Some values are not in the right form; each is explained.
problem-cursor-unknown = The cursor is none of this list. Please begin without one, and then follow the address in `Link`.
value-missing = This must be given.
value-unknown = There is no such value here.
value-long = This may be at most { $most } long.
value-short = This must be at least { $least } long.
value-small = This must be at least { $least }.
value-large = This may be at most { $most }.
value-choice = This must be one of: { $choices }.
value-type = This is of another kind than what belongs here.
value-pattern = This is not written in the form that belongs here.
value-no-json = This is not proper JSON.
value-malformed = This is not in the form that belongs here.
problem-too-large = That is more than is taken at a time: at most 64 MB of files, 2 MB of JSON.
problem-too-slow = The request came too slowly. Please try again with a better connection.
problem-job-set-aside = It was begun { $times } times, and each time the service had to be started anew, so it was set aside. You can try it once more; please tell the operator if it is set aside again.
problem-job-not-set-aside = It was not set aside.
job-retry = Try it once more
problem-cross-origin = Changes must come from our own pages, or carry a token.
problem-sign-in-needed = You need to be signed in here.
problem-token-invalid = The token is not valid, has expired or was revoked.
problem-role-needed = Your role does not allow this. If it should, ask the season’s organizer.
problem-person-needed = An access token of a program may not do this. Please sign in yourself.
problem-events-missing = Part of what the other services told was lost on the way ({ $streams }) and is being told again. This can be done as soon as everything has arrived. Nothing that was confirmed is lost.
problem-changed-meanwhile = Somebody else has just changed this. Open it again and try once more.
problem-no-such-season = There is no such season, or it has not arrived here yet.
problem-no-such-entry = There is no such entry.
problem-records-season = This season is kept in records: each record states its own time, and nothing is done on the pages.
problem-live-season = This season is live: the clock of the system decides, and records that state a time are not taken.
problem-file-unreadable = { $file } cannot be read: { $reason ->
    [NOT_A_SHEET] it is not a sheet that can be read
    [TOO_MANY_ROWS] it has more than 200,000 rows or 200 columns
    [TOO_MUCH] reading it takes too much time or memory; please save only the filled-in rows in a new sheet
    [NOT_UTF8] it is not UTF-8, and its encoding is not certain. Please save it as UTF-8 (in Excel “CSV UTF-8”), or a table as .xlsx
    [NOT_CSV] row { $place } is not proper CSV; please look at its quotation marks
    [PASSWORD] it has a password. Please save it without
    [OLD_XLS] it is an old .xls. Please save it as .xlsx
    [WEB_PAGE] it is a web page that is only called .xls. Please open it in a spreadsheet and save it as .xlsx
    [HIDDEN_SHEET] its first sheet, “{ $place }”, is hidden. Please delete it, or move the sheet to be read to the front
    [HIDDEN_COLUMN] the column { $column } is hidden. Please show it, or delete it
    [MERGED_HEADER] the cells { $place } of the header are merged. Please unmerge them and leave only the headings in the first row
    [NO_HEADER] it has no header
    [COLUMN_MISSING] the column { $column } is missing
    [COLUMN_REPEATED] the column { $column } stands twice
   *[other] it has the wrong form
  }.

form-errors = { $count ->
    [one] One thing needs to be changed
   *[other] { $count } things need to be changed
  }
form-choose = Please choose
problem-fields-invalid = Some values need to be changed; each is explained.
problem-reason-needed = Please give a reason.
problem-too-many-tries = Too many tries. Please wait ten minutes.
again-safe = What you filled in is not lost: it is kept on this page. Please do not close it.
again-sign-in = First, in a new window,
again-sign-in-link = sign in again
again-send = Send again
problem-no-such-letter = There is no such undelivered event.
problem-letter-fails-again = The event failed again ({ $reason }) and is kept. Remove the cause first.
problem-idempotency-key-missing = Send an Idempotency-Key of your own with this request, one for each thing you want made; then sending it again has no second effect.
problem-idempotency-key-form = An Idempotency-Key has at most { $longest } printable characters.
problem-idempotency-key-reused = This Idempotency-Key was used before with another content. Use a new key for a new thing.

service-registration = Registration
service-judging = Judging
service-certificates = Certificates
operations-title = Operations
operations-services = Services
operations-ready = Everything is in order.
operations-waiting = Something is missing. What was confirmed to people is stored; it goes on by itself when the part is back.
operations-parts = Parts
operations-part = Part
operations-state = State
operations-fine = in order
operations-check-database = Database
operations-check-broker = Message broker
operations-check-consumers = Streams and consumers
operations-check-unsent-events = Events waiting to be sent
operations-check-disk = Disks
operations-check-streams = What the streams hold
operations-disk-database = Disk of the database, used
operations-disk-streams = Space for streams, used
operations-way = On the way
operations-unsent = Oldest unsent event: { $seconds } s. Documents waiting in memory: { $queued }. Sent since the start: { $published }.
operations-consumer = Takes in
operations-pending = Waiting
operations-unacknowledged = In hand
operations-happenings = Started anew
operations-what = What happened
operations-happening-ended = ended
operations-happening-back = back
operations-happening-full = waits for room on the disk
operations-happening-refuses = refused since the disk was full; ended, to be started anew
operations-aside = Jobs that were set aside: { $count }
operations-aside-lede = Each ended its process twice: the file asks for more than the service may take. The service’s log says at which step (look for the job). Whoever asked for it can go on with it on the page where it was begun; give the service more memory first, or ask for a smaller file.
operations-job = Job
operations-job-imports = Sheet of a school
operations-job-downloads = Download of certificates
operations-season = Season
operations-letters = Events that could not be applied: { $count }
operations-letters-lede = Each is kept with its bytes. Mend the cause, then apply it once more. If nobody needs it any more, dismiss it with a reason: it stays here and raises no alarm.
operations-audit = Audit log
operations-audit-head = { $count } records. Keep the line below somewhere else from time to time: it shows later that nothing was cut off or made anew.
operations-dismissal = Dismissal
operations-dismissal-reason = Why nobody needs to apply it
operations-dismiss = Dismiss the event
operations-dismissed = Dismissed on { $day } by { $by }: { $reason }
operations-no-letters = There are none.
operations-letter = Event
operations-reason = Reason
operations-attempts = Attempts
operations-since = Since
operations-again = Apply again
problem-table-too-long = This table has more than { $most } rows. Please take it as CSV.

menu-season = Season
menu-title = Menu of the season
menu-other = Another season
menu-where = You are here
section-overview = Overview
section-entries = Entries
section-units = Units and invitations
section-judging = Judging
section-results = Results and notice
section-certificates = Certificates
section-messages = Messages
section-settings = Settings
page-overview = Overview
page-desk = Entry review
page-board = Progress of entries
page-import = Enter from a sheet
page-drafts = To submit
page-students = Students’ accounts
page-consents = Guardians’ consent
page-units = Units
page-jury = Judges
page-staff = Staff
page-invitations = Invitations
page-summaries = Unit summaries
page-tasks = My tasks
page-rubric = Rubric
page-panels = Assign works
page-chief = Progress of judging
page-schedule = Schedule
page-sheets = Objective scores
page-held-copies = Files to check
page-results = Scores and awards
page-objections = Objections and appeals
page-exclusions = Disqualification
page-revision = Revise the results
page-ceremony = Awards to be called
page-certificates = Issue and download
page-downloads = Download by school
page-designs = Certificate designs
page-templates = Templates and pictures
page-grants = Certificates by list
page-changes = Correct and revoke
page-handout = Hand-out list
page-rare-signs = Rare characters
page-sign-pictures = Missing characters
page-reminders = Reminders
page-rules = Rules of the season
page-reads = Who looked at what
page-audit = Log of certificates
page-webhooks = Webhooks
file-kind-pdf = PDF
file-kind-image = picture
file-kind-video = video
file-kind-audio = recording
file-kind-text = text
file-kind-other = other file
link-copy = Copy
link-copied = Copied
link-share = Share
link-open = Open it
