answer-optional = { $field } (optional)
answer-length = At most { $most } characters.
answer-number = { $decimals ->
    [0] A whole number from { $low } to { $high }.
    [1] From { $low } to { $high }, with at most one decimal.
   *[other] From { $low } to { $high }, with at most { $decimals } decimals.
}
answer-day = { $kind ->
    [between] From { $low } to { $high }.
    [from] Not before { $low }.
   *[until] Not after { $high }.
}
answer-url = Begins with http:// or https://.
answer-readers = { $who ->
    [both] Judges and the public will read it.
    [judges] Judges will read it.
   *[public] The public will read it.
}
answer-nameless = Please write no names of people or schools.
answer-agree = I agree and promise this
answer-yes = Yes
answer-no = No
answer-between = ,{" "}
answer-wrong = { $field }: { $text }
code-NOT_ASKED = This track does not ask this; leave it empty.
code-OUT_OF_RANGE = Outside the range that is allowed.
code-BAD_NUMBER = Not a number, or with too many decimals.
code-BAD_DATE = Not a day (such as 2026-11-30).
code-BAD_URL = Not an address that begins with http:// or https://.
code-MUST_AGREE = This must be agreed to.
answer-then = {" "}
answer-file = The name of a file that ends in { $types }. The file itself is uploaded with the material.
code-FILE_TYPE = Not a file of a type that is asked for.
code-FILE_TOO_LARGE = The file is too large.
code-TOO_MANY = Too many files of this kind.
