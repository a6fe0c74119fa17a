answer-optional = { $field } (optional)
answer-length = At most { $most } characters.
answer-number = { $decimals ->
    [0] A whole number from { $low } to { $high }.
   *[other] From { $low } to { $high }, with at most { $decimals } decimals.
}
answer-day = { $kind ->
    [between] From { $low } to { $high }.
    [from] Not before { $low }.
   *[until] Not after { $high }.
}
answer-url = Begins with http:// or https://.
answer-readers = { $who ->
    [both] Judges and the public will read it. Please write no names of people or schools.
    [judges] Judges will read it. Please write no names of people or schools.
   *[public] The public will read it. Please write no names of people or schools.
}
answer-agree = I agree and promise this
answer-yes = Yes
answer-no = No
answer-between = ,{" "}
answer-wrong = { $field }: { $text }
