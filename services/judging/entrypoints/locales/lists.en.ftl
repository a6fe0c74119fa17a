## Lists: objections and appeals

objections-find = Find the number of an entry
objections-entry = Entry
objections-kind = Kind
objections-ground = Ground
objections-received = Received
objections-due = Answer due
objections-outcome = Outcome
objections-decided = Answered
objections-state-open = To be answered
objections-state-overdue = Overdue
objections-state-upheld = Upheld
objections-state-dismissed = Dismissed
