## Lists: invitations

invitations-find = Find a name, unit, account or address
invitations-name = For whom
invitations-role = To do what
invitations-by = Invited by
invitations-mail = Email
invitations-reason = Reason for withdrawing
invitations-withdraw = Withdraw
invitations-slips = Invitation slips
invitations-state-open = Not opened
invitations-state-opened = Opened
invitations-state-expired = Expired
invitations-state-accepted = Joined
invitations-state-withdrawn = Withdrawn
invitations-state-renewed = Sent again
outcome-invitation-renew = { $count ->
    [one] 1 invitation was sent again; the former link has ended.
   *[other] { $count } invitations were sent again; the former links have ended.
}
outcome-invitation-withdraw = { $count ->
    [one] 1 invitation was withdrawn; its link has ended.
   *[other] { $count } invitations were withdrawn; their links have ended.
}
