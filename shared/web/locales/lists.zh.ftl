## 工作人员用的清单

list-everything = 全部
list-tabs = 按状态
list-find = 查找
list-show = 筛选
list-filters = 正在用的筛选条件
list-drop = ，去掉这个条件
list-clear = 清除条件
list-tick-page = 选这一页的全部
list-tick = 选择{ $name }
list-selected = 对选中的各项
list-tick-first = 先勾选，再选要做的事
list-ticked = 选了 { $count } 项
list-whole = 选全部 { $count } 项
list-none-done = 没有一项完成。
list-all-refused = { $count } 项都没有办：
list-refused = 另有 { $count } 项没有办：
list-why = { $name }：{ $why }
list-shown = 第 { $first }–{ $last } 项，共 { $total } 项
list-previous = 上一页
list-next = 下一页
list-nobody-fits = 没有符合条件的。
list-export = 导出这份清单（CSV）
problem-nothing-ticked = 请先勾选。
problem-no-act-chosen = 请按要做的那个按钮。
problem-list-otherwise = 这期间清单变了。请看一遍现在的清单，再选一次。

## 不能撤回的操作

confirm-type = 输入“{ $word }”两个字，表示确认
field-confirm-word = 请输入“{ $word }”。还没有输入，所以什么都没有做。
confirm-word-open-season = 开放
confirm-word-amend = 修订
confirm-word-release = 放行
confirm-word-join = 合并
confirm-word-erase = 删除
confirm-word-close = 截止
confirm-word-publish = 公示
confirm-word-finalize = 确定
confirm-word-revise = 修订
confirm-word-exclude = 取消
confirm-word-decide = 答复
confirm-word-confirm-scores = 确认
confirm-word-recuse = 回避
confirm-word-reject = 否决
confirm-word-withdraw = 退出
confirm-word-change-certificate = 更正
confirm-word-revoke = 撤销
confirm-word-issue = 签发
