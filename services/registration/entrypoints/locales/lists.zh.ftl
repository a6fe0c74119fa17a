## 清单：邀请

invitations-find = 找姓名、单位、帐号或邮箱
invitations-name = 给谁
invitations-role = 做什么
invitations-by = 谁发的
invitations-mail = 邮箱
invitations-reason = 撤回的原因
invitations-withdraw = 撤回
invitations-slips = 邀请条
invitations-state-open = 没有打开
invitations-state-opened = 打开过
invitations-state-expired = 已过期
invitations-state-accepted = 已加入
invitations-state-withdrawn = 已撤回
invitations-state-renewed = 已重新发
outcome-invitation-renew = 重新发了 { $count } 份邀请，原来的链接已失效。
outcome-invitation-withdraw = 撤回了 { $count } 份邀请，链接已失效。
