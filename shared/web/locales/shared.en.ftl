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
season-zone = All times are { $zone ->
    [Asia-Shanghai] Beijing time
    [Asia-Hong_Kong] Hong Kong time
    [Asia-Taipei] Taipei time
    [Europe-London] London time
    [Europe-Berlin] Berlin time
    [America-New_York] New York time
    [UTC] Universal time
   *[other] { $id } time
  }.
foot-approval = Approval number: { $number }
foot-free = Taking part costs nothing.
foot-verify = Check a certificate
foot-children = How we protect children’s data
error-prefix = Error:{" "}
back-home = Back to the home page
link-spent-kept = What was filled in or decided by it is still there. Who has an account sees it by signing in.
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

problem-works-away = The files of works cannot be reached at the moment. Please try again in a minute.
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
problem-try-again = Part of the system cannot be reached at the moment. Please try again in a few seconds; sending the same request twice has no second effect.
problem-overloaded = Too many people are using the site right now, so your request was not started and nothing was changed. Please try again in { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
  }. If you go back, what you typed is still there.
try-same-again = Try again
problem-no-such-file = There is no such file.
problem-no-such-page = There is nothing at this address, or you cannot see it.
problem-method-not-allowed = This address does not accept this kind of request.
problem-request-bad = The request cannot be understood.
problem-malformed = Some values are not in the right format; each one is explained.
problem-cursor-unknown = This cursor does not belong to this list. Please start without one, then follow the address in `Link`.
value-missing = This is required.
value-unknown = There is no such field here.
value-long = This may be at most { $most } long.
value-short = This must be at least { $least } long.
value-small = This must be at least { $least }.
value-large = This may be at most { $most }.
value-choice = This must be one of: { $choices }.
value-type = This is the wrong type of value.
value-pattern = This is not in the right format.
value-no-json = This is not valid JSON.
value-malformed = This is not in the right format.
problem-too-large = That is more than can be received at once: at most 64 MB of files, 2 MB of JSON.
problem-too-slow = The data arrived too slowly. Please try again with a better connection.
problem-job-set-aside = This was tried { $times } times, and each time the service had to be restarted, so it was set aside. You can try it once more; if it is set aside again, please tell the operator.
problem-job-not-set-aside = This job was not set aside.
job-retry = Try again
problem-cross-origin = Changes must come from our own pages, or carry a token.
problem-sign-in-needed = You need to be signed in here.
problem-token-invalid = The access token is not valid, has expired or was revoked.
problem-role-needed = Your role does not allow this. If it should, ask the season’s organizer.
problem-person-needed = A program’s access token cannot do this. Please sign in yourself.
problem-events-missing = Some messages from the other services were lost on the way ({ $streams }) and are being sent again. This can be done as soon as they have all arrived. Nothing that was confirmed is lost.
problem-changed-meanwhile = Somebody else has just changed this. Please open it again and try once more.
problem-no-such-season = There is no such season, or it has not arrived here yet.
problem-no-such-entry = There is no such entry.
problem-records-season = This is an imported season: each record states its own time, so nothing can be done on the pages.
problem-live-season = This is a live season: the system’s clock decides, and records that state a time are not accepted.
problem-file-missing = Please choose a file first.
problem-file-unreadable = { $file } cannot be read: { $reason ->
    [NOT_A_SHEET] it is not a sheet that can be read
    [TOO_MANY_ROWS] it has more than 200,000 rows or 200 columns
    [TOO_MUCH] reading it takes too much time or memory; please save only the filled-in rows in a new sheet
    [NOT_UTF8] it is not UTF-8, and its encoding is not certain. Please state its encoding, or save it as UTF-8 (in Excel “CSV UTF-8”), or a table as .xlsx
    [WRONG_ENCODING] it is not in the encoding that was stated. Please state another, or save it as UTF-8 (in Excel “CSV UTF-8”), or a table as .xlsx
    [NOT_CSV] row { $place } is not valid CSV; please check its quotation marks
    [PASSWORD] it has a password. Please save it without
    [OLD_XLS] it is an old .xls. Please save it as .xlsx
    [WEB_PAGE] it is a web page that is only called .xls. Please open it in a spreadsheet and save it as .xlsx
    [HIDDEN_SHEET] its first sheet, “{ $place }”, is hidden. Please delete it, or move the sheet to be read to the front
    [HIDDEN_COLUMN] the column { $column } is hidden. Please show it, or delete it
    [MERGED_HEADER] the cells { $place } of the header are merged. Please unmerge them and leave only the headings in the first row
    [NO_HEADER] it has no header
    [COLUMN_MISSING] the column { $column } is missing
    [COLUMN_REPEATED] the column { $column } appears twice
   *[other] it has the wrong format
  }.

table-encoding-is = Encoding of the file
table-encoding-how = Please choose the line in which the words are right, and then the same file once more: the browser does not keep it.
table-encoding = { $encoding ->
    [gb18030] Simplified Chinese (GB18030)
    [big5] Traditional Chinese (Big5)
    [shift_jis] Japanese (Shift JIS)
    [euc-kr] Korean (EUC-KR)
    [windows-1250] Central Europe (Windows-1250)
    [windows-1251] Cyrillic (Windows-1251)
    [windows-1252] Western Europe (Windows-1252)
    [windows-1254] Turkish (Windows-1254)
    [utf-16le] Unicode (UTF-16 LE)
    [utf-16be] Unicode (UTF-16 BE)
   *[other] { $encoding }
  }: { $words }

form-errors = { $count ->
    [one] One thing needs to be changed
   *[other] { $count } things need to be changed
  }
form-choose = Please choose
problem-fields-invalid = Some values need to be changed; each one is explained.
problem-reason-needed = Please give a reason.
problem-too-many-tries = Too many attempts. Please try again in ten minutes.
again-safe = What you filled in is not lost: it is still on this page. Please do not close it.
again-sign-in = First, in a new window,
again-sign-in-link = sign in again
again-send = Send again
problem-no-such-letter = There is no such unprocessed event.
problem-letter-fails-again = The event failed again ({ $reason }) and has been kept. Please remove the cause first.
problem-idempotency-key-missing = Send an Idempotency-Key of your own with this request, a new one for each thing you create; then sending the request again has no second effect.
problem-idempotency-key-form = An Idempotency-Key has at most { $longest } printable characters.
problem-idempotency-key-reused = This Idempotency-Key was already used with different content. Use a new key for a new thing.

service-registration = Registration
service-judging = Judging
service-certificates = Certificates
operations-title = Operations
operations-services = Services
operations-ready = Everything is working.
operations-waiting = Part of the system is unavailable. Everything confirmed to people is stored; work continues by itself when that part is back.
operations-parts = Parts
operations-part = Part
operations-state = State
operations-fine = in order
operations-check-database = Database
operations-check-broker = Message broker
operations-check-consumers = Streams and consumers
operations-check-unsent-events = Events waiting to be sent
operations-check-disk = Disks
operations-check-streams = Messages in the streams
operations-disk-database = Database disk, used
operations-disk-streams = Stream storage, used
operations-way = In transit
operations-unsent = Oldest unsent event: { $seconds } s. Documents waiting in memory: { $queued }. Sent since the start: { $published }.
operations-consumer = Events received
operations-pending = Waiting
operations-unacknowledged = In progress
operations-happenings = Restarted automatically
operations-what = What happened
operations-happening-ended = stopped
operations-happening-back = running again
operations-happening-full = waiting for disk space
operations-happening-refuses = kept refusing writes after the disk was full; stopped and restarted
operations-aside = Jobs set aside: { $count }
operations-aside-lede = Each job interrupted its service twice: its file needs more than the service may use. The service’s log says at which step (search for the job’s number). Whoever started the job can continue on the same page; first give the service more memory, or ask for a smaller file.
operations-job = Job
operations-job-imports = Sheet of a school
operations-job-downloads = Download of certificates
operations-season = Season
operations-letters = Events that could not be processed: { $count }
operations-letters-lede = Each event is kept unchanged. Remove the cause, then process the event again. If nobody needs it any more, dismiss it with a reason: it stays here but raises no alarm.
operations-audit = Audit log
operations-audit-head = { $count } records. Save the line below somewhere else from time to time: it can show later that the log was not cut off or rebuilt.
operations-dismissal = Dismissal
operations-dismissal-reason = Why it is no longer needed
operations-dismiss = Dismiss the event
operations-dismissed = Dismissed on { $day } by { $by }: { $reason }
operations-no-letters = There are none.
operations-letter = Event
operations-reason = Reason
operations-attempts = Attempts
operations-since = Since
operations-again = Process again
problem-table-too-long = This table has more than { $most } rows. Please use the CSV.

menu-season = Season
menu-title = Season menu
menu-other = Switch season
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
page-recommendations = Recommendation
page-import = Enter from a sheet
page-drafts = To submit
page-students = Student accounts
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
page-schedule = Judging day
page-sheets = Objective scores
page-held-copies = Files to check
page-results = Scores and awards
page-objections = Objections and appeals
page-exclusions = Disqualification
page-assessment = Self-assessment
page-revision = Revise the results
page-ceremony = Award ceremony list
page-certificates = Issue and download
page-downloads = Download by school
page-designs = Certificate designs
page-templates = Templates and pictures
page-grants = Issue from a list
page-changes = Correct and revoke
page-handout = Collection list
page-rare-signs = Rare characters
page-sign-pictures = Missing characters
page-reminders = Reminders
page-rules = Season rules
page-reads = Access log
page-audit = Certificate audit log
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
