## 清单：异议和申诉

objections-find = 找作品编号
objections-entry = 作品
objections-kind = 种类
objections-ground = 理由
objections-received = 收到
objections-due = 应答复
objections-outcome = 结论
objections-decided = 答复时间
objections-state-open = 待答复
objections-state-overdue = 已超时
objections-state-upheld = 成立
objections-state-dismissed = 不成立
