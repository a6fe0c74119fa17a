code-ROW_SHAPE = The row does not have as many cells as the header.
code-REQUIRED = This cell must not be empty.
code-DUPLICATE_ID = This id stands in an earlier row.
code-UNKNOWN_PARENT = The parent is not a unit of a higher level in an earlier row.
code-UNKNOWN_TRACK = There is no such track.
code-UNKNOWN_UNIT = There is no such organizational unit.
code-UNKNOWN_ROUND = There is no such round.
code-UNKNOWN_ENTRY = There is no such entry.
code-UNKNOWN_JUDGE = There is no such judge.
code-UNKNOWN_COMPONENT = The track has no such component of this kind in this round.
code-UNIT_LEVEL = A unit of this level is not possible here.
code-BAD_VALUE = This is not one of the allowed words.
code-BAD_TIME = This is not a time.
code-BAD_MONTH = This is not a month such as 2014-02.
code-BAD_GRADE = This is not a grade from 1 to 12.
code-BAD_SCORE = A score is missing, surplus, or not a decimal with at most two decimals.
code-SCORE_RANGE = The score is above the maximum.
code-BAD_RUN = The component has no run of this number.
code-OUTSIDE_WINDOW = The time is outside the window.
code-MEMBER_GAP = A member is missing before another one.
code-DIVISION_NOT_OPEN = The track is not open for this grade or unit.
code-TEAM_SIZE = Too few or too many members.
code-MEMBER_REPEATED = The same student stands twice.
code-INSTRUCTOR_REPEATED = The same instructor stands twice.
code-INSTRUCTOR_COUNT = Too few or too many instructors.
code-CONSENT_MISSING = Submitted without a guardian’s consent.
code-STUDENT_TRACK_LIMIT = The student has too many entries in this track.
code-STUDENT_LIMIT = The student has too many entries in this season.
code-INSTRUCTOR_LIMIT = The instructor has too many entries.
code-NOT_IN_ROUND = The entry does not take part in this round.
code-JUDGE_TRACK = The judge has no expertise in this track.
code-JUDGE_CONFLICT = The judge must recuse.
code-DUPLICATE_BALLOT = An earlier row is the same ballot.
code-DUPLICATE_RUN = An earlier row is the same run.
code-DUPLICATE_TEST = An earlier row is the same test.

fault-NOT_YAML = The file is not proper YAML: { $detail }
fault-UNKNOWN_KEY = { $path }: there is no such key.
fault-REQUIRED = { $path }: must be given.
fault-BAD_VALUE = { $path }: not a possible value ({ $detail }).
fault-DUPLICATE_ID = { $path }: { $detail } stands twice.
fault-UNKNOWN_REFERENCE = { $path }: there is no { $detail }.
fault-WRONG_ORDER = { $path }: { $detail } is not the next round.

problem-season-refused-title = The season file was refused
problem-season-refused = The season file has { $count ->
    [one] one fault
   *[other] { $count } faults
  } and was refused as a whole. Each is listed below.
problem-season-frozen = The season { $season } is open with other rules. Once open, rules no longer change.
problem-rules-unsupported-title = Rules that cannot be computed yet
problem-rules-unsupported = The season uses rules that cannot be computed yet; rather than compute them wrongly, it was not opened: { $features }.
code-NOMINATION_LIMIT = The places to send on are used up.
code-DUPLICATE_ROW = The same team stands in this track in an earlier row.
code-UNKNOWN_CERTIFICATE = The season has no such certificate.
code-NOT_NOW = This cannot be done as the certificate stands now.
code-GLYPH_MISSING = No font has a character of it.
code-TOO_LONG = This text is longer than a certificate has room for.
