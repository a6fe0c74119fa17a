field-too-long = At most { $most } characters.
field-bad-sign = It holds control characters; please type it again.
field-bad-number = { $decimals ->
    [none] Give a whole number, in digits.
    [one] Give a number with at most one decimal.
   *[two] Give a number with at most two decimals.
}
field-out-of-range = { $high ->
    [none] Not below or before { $low }.
   *[other] { $low ->
        [none] Not above or after { $high }.
       *[other] It must lie between { $low } and { $high }.
    }
}
field-bad-date = Give a day, such as 2026-11-30.
field-bad-value = Choose from what is listed.
field-bad-url = Give an address that begins with http:// or https://, of at most { $most } characters.
field-must-agree = You can only take part if you agree to this.
import-field = In the track “{ $track }”, { $required ->
    [yes] required when submitted
   *[no] optional
}.
import-choices = One of: { $choices }{ $many ->
    [yes] ; or several, separated by semicolons
   *[no] {""}
}.
blind-answer = { $field }, as judges read it
problem-no-such-track = There is no such track in this season.
entry-now-unstated = Something is still to be filled in. Then it can be submitted.
field-file-type = Give the name of a file without folders that ends in { $types }.
