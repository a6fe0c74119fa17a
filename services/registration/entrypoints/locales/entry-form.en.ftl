grade-1 = Grade 1
grade-2 = Grade 2
grade-3 = Grade 3
grade-4 = Grade 4
grade-5 = Grade 5
grade-6 = Grade 6
grade-7 = Grade 7 (junior 1)
grade-8 = Grade 8 (junior 2)
grade-9 = Grade 9 (junior 3)
grade-10 = Grade 10 (senior 1)
grade-11 = Grade 11 (senior 2)
grade-12 = Grade 12 (senior 3)
grades-in-a-team = In a team with a student of a higher grade
track-title = Which track?
track-lede = Choose a track to see what to fill in.
track-kept = What you typed is still there. Choose a track and continue.
track-chosen = Track
track-another = Choose another track
track-colon = { ": " }
track-grades = { $low } to { $high }
track-alone = One student
track-team = { $kind ->
    [just] Teams of { $high }
   *[range] { $low }–{ $high } students, alone or in a team
}
track-files = { $low ->
    [0] Files are optional, at most { $high }: { $types }
   *[other] Files to upload: { $range } ({ $types })
}
track-no-files = No files
file-kind-pdf = PDF
file-kind-image = pictures
file-kind-video = video
file-kind-audio = audio
file-kind-archive = archives
file-kind-office = office documents
file-kind-text = text
register-optional = { $field } (optional)
register-instructors-needed = { $low ->
    [0] Leave this empty if you have no instructor.
    [one] Name at least one.
   *[other] Name at least { $low }.
}
register-mates-how = Fill in your team mates here. Or save first and send them the team link, so that they can join by themselves.
sign-up-school-hint = Write a few words of its name, then press “Find”.
sign-up-school-find = Find
sign-up-school-pick = Choose your school
sign-up-school-none = No school has “{ $words }” in its name. Try other words, or ask a teacher.
