## 清单：邀请

invitations-find = 找姓名、单位、账号或邮箱
invitations-name = 给谁
invitations-role = 做什么
invitations-by = 谁发的
invitations-mail = 邮箱
invitations-reason = 撤回的原因
invitations-withdraw = 撤回
invitations-slips = 邀请条
invitations-state-unopened = 没有打开
invitations-state-opened = 打开过
invitations-state-expired = 已过期
invitations-state-accepted = 已加入
invitations-state-withdrawn = 已撤回
invitations-state-renewed = 已重新发
outcome-invitation-renew = 重新发了 { $count } 份邀请，原来的链接已失效。
outcome-invitation-withdraw = 撤回了 { $count } 份邀请，链接已失效。

## 清单：评委

jury-counts = 共 { $count } 位，已加入 { $joined } 位
jury-find = 找姓名、编号、账号或单位
jury-share = 评分进度
jury-share-of = 评了 { $done } 件，共 { $works } 件
jury-stage-uninvited = 没有邀请
jury-stage-unopened = 没有打开
jury-stage-opened = 打开过
jury-stage-expired = 邀请过期
jury-stage-joined = 已加入
jury-stage-avoiding = 有回避
jury-stage-reserves = 候补
jury-until = 到 { $when }
jury-reason = 撤回或停用的原因
jury-invite = 发邀请
jury-withdraw = 撤回邀请
jury-stop = 停用
jury-then = 停用的评委不能再评分，已提交的评分仍然有效。没有评完的作品请重新分配。
jury-column-account = 账号
jury-column-stage = 状态
outcome-judge-invite = 发出 { $count } 份邀请，以前的链接已失效。
outcome-judge-withdraw = 撤回了 { $count } 位评委的邀请，链接已失效。
outcome-judge-stop = 停用了 { $count } 位评委。
problem-judge-has-joined = 已经加入，账号是 { $login }。
problem-judge-not-joined = 还没有加入，可以撤回邀请。

## 清单：组织单位

units-find = 找名称或编号
units-administrator = 管理员
units-entries-of = { $count } 项
units-invite-many = 邀请选中单位的管理员
units-stage-uninvited = 没有邀请
units-stage-unopened = 没有打开
units-stage-opened = 打开过
units-stage-expired = 邀请过期
units-stage-joined = 已加入
units-stage-empty = 没有报名的学校
outcome-unit-invite = 做好了 { $count } 份邀请，以前没用掉的链接已失效。

## 清单：投递

outcome-delivery-again = { $count } 条马上再发一次。

## 清单：报名旁边的预览

desk-peek = 在旁边看 { $entry }
peek-close = 关闭
peek-approve-next = 通过，看下一件
