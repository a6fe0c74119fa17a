## Lists: certificates

certificates-state-valid = Valid
certificates-state-corrected = Corrected
certificates-state-revoked = Revoked
certificates-reason = Whoever checks a certificate reads the reason for revoking or reinstating it.
certificates-why = Purpose or reason (the purpose of a download stands in the audit log)
certificates-zip = Download the selected as ZIP
certificates-print = One file of the selected to print
certificates-take-back = Revoke or reinstate the selected
certificates-revoke = Revoke
certificates-restore = Reinstate
outcome-certificate-revoke = { $count ->
    [one] 1 certificate was revoked. Whoever checks it reads the reason.
   *[other] { $count } certificates were revoked. Whoever checks them reads the reason.
}
outcome-certificate-restore = { $count ->
    [one] 1 certificate was reinstated.
   *[other] { $count } certificates were reinstated.
}
