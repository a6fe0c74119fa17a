laurel = 桂冠
skip-to-content = 跳到主要内容
main-navigation = 主导航
language-switch = English
language-zh = 中文
language-en = 英文
language-any = 不限
nav-seasons = 赛季
nav-notices = 结果与公示
nav-verify = 核验证书
nav-sign-in = 登录
nav-mine = 我的
statement = 竞赛及竞赛产生的结果不作为中小学招生入学依据
season-zone = 时间都是{ $zone ->
    [Asia-Shanghai] 北京时间
    [Asia-Hong_Kong] 香港时间
    [Asia-Taipei] 台北时间
    [Europe-London] 伦敦时间
    [Europe-Berlin] 柏林时间
    [America-New_York] 纽约时间
    [UTC] 世界标准时间
   *[other] { $id } 时间
  }。
foot-approval = 批准文号：{ $number }
foot-free = 参赛全程不收取任何费用。
foot-verify = 核验证书
foot-children = 我们怎样保护孩子的信息
error-prefix = 错误：
back-home = 回到首页
link-spent-kept = 以前用它填过、决定过的都还在。有账号的，登录就能看到。
back = 返回

events-lede = 这个服务发出和接收的事件。信封是 CloudEvents 1.0，正文是 JSON。带星号的字段一定会有。
events-send = 发出
events-receive = 接收
events-durable = 持久消费者
events-field = 字段
events-type = 类型
events-meaning = 含义

kind-student = 学生
kind-instructor = 指导教师
kind-unit = 组织单位
instructor-award-title = 优秀指导教师
unit-award-title = 优秀组织单位

problem-works-away = 暂时无法访问作品文件，请一分钟后再试。
problem-status-401 = 请先登录
problem-status-403 = 没有权限
problem-status-404 = 没有找到
problem-status-405 = 这里不能这样做
problem-status-408 = 传输太慢
problem-status-409 = 现在不能这样做
problem-status-413 = 内容太大
problem-status-422 = 内容需要修改
problem-status-429 = 请稍等
problem-status-500 = 我们这边出了问题
problem-status-503 = 请稍后再试
problem-unknown = 请检查后再试。
problem-our-fault = 没有保存任何改动。请稍后再试；如果还是不行，请把页面上的时间告诉组委会。
problem-try-again = 有一部分暂时连不上。请过几秒再试；同一个请求重复发送不会重复生效。
problem-overloaded = 这一刻来的人太多，您的请求还没有开始处理，什么都没有改变。请过 { $seconds } 秒再试；返回上一页，填写的内容还在。
try-same-again = 再试一次
problem-no-such-file = 没有这个文件。
problem-no-such-page = 这个地址没有内容，或者您看不到它。
problem-method-not-allowed = 这个地址不接受这种请求。
problem-request-bad = 请求无法理解。
problem-malformed = 有些内容的格式不对，详见每一项的说明。
problem-cursor-unknown = 这个 cursor 不属于这份列表。请先不带 cursor 从头读，再按 `Link` 里的地址继续。
value-missing = 这一项必须填写。
value-unknown = 这里没有这一项。
value-long = 长度最多为 { $most }。
value-short = 长度至少为 { $least }。
value-small = 不能小于 { $least }。
value-large = 不能大于 { $most }。
value-choice = 只能是其中之一：{ $choices }。
value-type = 数据类型不对。
value-pattern = 书写格式不对。
value-no-json = 这不是正确的 JSON。
value-malformed = 格式不对。
problem-too-large = 内容超过一次可以接收的大小：文件最多 64 MB，JSON 最多 2 MB。
problem-too-slow = 数据传得太慢，请在网络好一些时再试。
problem-job-set-aside = 这项任务做了 { $times } 次，每次服务都中断，所以先搁置。可以再试一次；如果又被搁置，请告诉系统管理员。
problem-job-not-set-aside = 这项任务没有被搁置。
job-retry = 再试一次
problem-cross-origin = 写入只能来自我们自己的页面，或带上访问令牌。
problem-sign-in-needed = 这里需要登录。
problem-token-invalid = 访问令牌无效、已过期或已撤销。
problem-role-needed = 您的身份不能做这件事。如果应该可以，请联系赛季的组委会。
problem-person-needed = 程序的访问令牌不能做这件事，请本人登录后操作。
problem-events-missing = 其他服务发来的部分消息在途中丢失（{ $streams }），正在重新发送。全部到达后即可办理；已确认的内容没有丢失。
problem-changed-meanwhile = 别人刚刚改过这一项。请重新打开再试。
problem-no-such-season = 没有这个赛季，或者还没有传到这里。
problem-no-such-entry = 没有这项报名。
problem-records-season = 这是补录的赛季：每条记录写明自己的时间，不能在页面上直接操作。
problem-live-season = 这个赛季是实时的：时间由系统的时钟决定，不接受写明时间的记录。
problem-file-missing = 请先选择文件。
problem-file-unreadable = { $file } 不能读取：{ $reason ->
    [NOT_A_SHEET] 不是能读的表格
    [TOO_MANY_ROWS] 超过 200,000 行或 200 列
    [TOO_MUCH] 读取它需要的时间或内存太多，请只把填好的行另存为新表格
    [NOT_UTF8] 不是 UTF-8，也不能确定是哪种编码。请指明它的编码，或另存为 UTF-8（Excel 中选“CSV UTF-8”），表格也可以另存为 .xlsx
    [WRONG_ENCODING] 不是所指明的编码。请改选另一种，或另存为 UTF-8（Excel 中选“CSV UTF-8”），表格也可以另存为 .xlsx
    [NOT_CSV] 第 { $place } 行不是合格的 CSV，请检查其中的引号
    [PASSWORD] 它有密码。请去掉密码后另存
    [OLD_XLS] 它是旧格式的 .xls。请另存为 .xlsx
    [WEB_PAGE] 它其实是网页，只是名叫 .xls。请用 Excel 或 WPS 打开，另存为 .xlsx
    [HIDDEN_SHEET] 第一张工作表“{ $place }”是隐藏的。请删除它，或把要读的表移到最前面
    [HIDDEN_COLUMN] 列 { $column } 是隐藏的。请取消隐藏，或把它删除
    [MERGED_HEADER] 表头的单元格 { $place } 是合并的。请取消合并，第一行只留列名
    [NO_HEADER] 没有表头
    [COLUMN_MISSING] 缺少列 { $column }
    [COLUMN_REPEATED] 列 { $column } 重复
   *[other] 格式不对
  }。

table-encoding-is = 文件的编码
table-encoding-how = 请选文字显示正确的那一行，再选一次同一个文件：浏览器不会保留它。
table-encoding = { $encoding ->
    [gb18030] 简体中文（GB18030）
    [big5] 繁体中文（Big5）
    [shift_jis] 日文（Shift JIS）
    [euc-kr] 韩文（EUC-KR）
    [windows-1250] 中欧（Windows-1250）
    [windows-1251] 西里尔字母（Windows-1251）
    [windows-1252] 西欧（Windows-1252）
    [windows-1254] 土耳其文（Windows-1254）
    [utf-16le] Unicode（UTF-16 LE）
    [utf-16be] Unicode（UTF-16 BE）
   *[other] { $encoding }
  }：{ $words }

form-errors = { $count ->
    [1] 有一个地方要改一改
   *[other] 有 { $count } 个地方要改一改
  }
form-choose = 请选择
problem-fields-invalid = 有些内容要改一改，详见每一项的说明。
problem-reason-needed = 请写明理由。
problem-too-many-tries = 试的次数太多了，请十分钟后再试。
again-safe = 您填的内容没有丢，就在这一页上。请不要关闭这一页。
again-sign-in = 先在新的窗口里
again-sign-in-link = 重新登录
again-send = 再发送一次
problem-no-such-letter = 没有这个未能处理的事件。
problem-letter-fails-again = 这个事件再次失败（{ $reason }），仍然保留着。请先排除原因。
problem-idempotency-key-missing = 请在请求里带上自己取的 Idempotency-Key，每新建一样东西取一个；这样重发也不会有第二次效果。
problem-idempotency-key-form = Idempotency-Key 最多 { $longest } 个可打印字符。
problem-idempotency-key-reused = 这个 Idempotency-Key 已经用过，而内容不同。新建别的东西请换一个。

service-registration = 报名
service-judging = 评审
service-certificates = 证书
operations-title = 运行状况
operations-services = 各服务
operations-ready = 一切正常。
operations-waiting = 有一部分暂时不可用。已经向用户确认的内容都已存好，那一部分恢复后会自动继续。
operations-parts = 各部分
operations-part = 部分
operations-state = 状态
operations-fine = 正常
operations-check-database = 数据库
operations-check-broker = 消息服务器
operations-check-consumers = 流和消费者
operations-check-unsent-events = 等待发送的事件
operations-check-disk = 磁盘
operations-check-streams = 流中的消息是否齐全
operations-disk-database = 数据库磁盘已用
operations-disk-streams = 流的空间已用
operations-way = 在途
operations-unsent = 最早未发送的事件：{ $seconds } 秒。内存中等待的文档：{ $queued }。启动以来已发送：{ $published }。
operations-consumer = 接收的事件
operations-pending = 等待
operations-unacknowledged = 处理中
operations-happenings = 自动重新启动
operations-what = 情况
operations-happening-ended = 已停止
operations-happening-back = 已恢复
operations-happening-full = 在等磁盘腾出空间
operations-happening-refuses = 磁盘写满后一直拒绝写入，已结束并重新启动
operations-aside = 已搁置的任务：{ $count }
operations-aside-lede = 每项任务都使服务中断了两次：文件所需的资源超出了服务的限度。服务日志写明了中断在哪一步（按任务编号查找）。提交任务的人可以在原来的页面继续；请先给服务增加内存，或请对方换一个较小的文件。
operations-job = 任务
operations-job-imports = 学校的名单
operations-job-downloads = 下载证书
operations-season = 赛季
operations-letters = 未能处理的事件：{ $count }
operations-letters-lede = 每个事件都原样保存。请先排除原因，再重新处理。确实不再需要的，可写明理由，标为“不再处理”：它仍保留在这里，但不再报警。
operations-audit = 操作日志
operations-audit-head = 共 { $count } 条记录。请不时把下面这一行另存他处：日后可据此证明日志没有被截断或重做。
operations-dismissal = 不再处理
operations-dismissal-reason = 为什么不再需要处理
operations-dismiss = 不再处理这个事件
operations-dismissed = { $by } 于 { $day } 决定不再处理：{ $reason }
operations-no-letters = 没有。
operations-letter = 事件
operations-reason = 原因
operations-attempts = 次数
operations-since = 时间
operations-again = 重新处理
problem-table-too-long = 表格超过 { $most } 行，请取 CSV。

menu-season = 赛季
menu-title = 赛季菜单
menu-other = 换一个赛季
menu-where = 位置
section-overview = 概览
section-entries = 报名
section-units = 单位与邀请
section-judging = 评审
section-results = 结果与公示
section-certificates = 证书
section-messages = 消息
section-settings = 设置
page-overview = 概览
page-desk = 报名审核
page-board = 报名进度
page-recommendations = 推荐
page-import = 批量报名
page-drafts = 待提交
page-students = 学生账号
page-consents = 监护人同意
page-units = 组织单位
page-jury = 评委
page-staff = 工作人员
page-invitations = 邀请
page-summaries = 工作总结
page-tasks = 我的任务
page-rubric = 评分标准
page-panels = 分配作品
page-chief = 评审进度
page-schedule = 现场评审日
page-sheets = 客观成绩
page-held-copies = 待检查的文件
page-results = 成绩与奖项
page-objections = 异议与申诉
page-exclusions = 取消资格
page-assessment = 自评与评审
page-revision = 修订结果
page-ceremony = 颁奖名单
page-certificates = 签发与下载
page-downloads = 按学校下载
page-designs = 证书设计
page-templates = 模板和图片
page-grants = 按名单发证
page-changes = 更正与撤销
page-handout = 领取签名表
page-rare-signs = 生僻字检查
page-sign-pictures = 补充字形
page-reminders = 提醒
page-rules = 赛季规则
page-reads = 查阅记录
page-audit = 证书操作日志
page-webhooks = Webhook 通知
file-kind-pdf = PDF 文档
file-kind-image = 图片
file-kind-video = 视频
file-kind-audio = 录音
file-kind-text = 文本
file-kind-other = 其他文件
link-copy = 复制
link-copied = 已复制
link-share = 用手机分享
link-open = 打开看一看
