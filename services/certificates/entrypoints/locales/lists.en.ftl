## Lists: certificates

certificates-state-valid = Valid
certificates-state-corrected = Corrected
certificates-state-revoked = Revoked
certificates-reason = Reason for revoking or reinstating (whoever checks the certificate reads it)
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
