cli-help = 桂冠：把一项青少年竞赛从公告办到证书。
cli-up-help = 在这台机器上启动桂冠，直到按 Ctrl-C。
cli-up-data = 存放全部数据的文件夹。
cli-up-port = 统一地址的端口。
cli-up-demo = 同时运行示例赛季，并开放一个可以动手试的实时赛季。
cli-up-seconds = 这么多秒以后结束（0：一直运行）。
cli-season-help = 检查和运行赛季文件夹。
cli-check-help = 检查赛季文件夹：先整体检查规则，再逐行检查。
cli-run-help = 让赛季文件夹走完全部服务，从规则到证书。
cli-folder = 赛季文件夹。
cli-out = 结果、证书和摘要写到哪里。
cli-url = 使用这个已在运行的系统，而不是临时启动一个。
cli-token = 它的访问令牌（或用 LAUREL_TOKEN）。
cli-provision-help = 在设置所指的服务器里建立流、消费者和索引。

trouble-port-taken = 端口 { $port } 已被占用。请停掉占用它的程序，或换一个端口：PORT={ $next } make run。
trouble-folder-unwritable = 文件夹 { $folder } 不能写入（{ $reason }）。请换一个：laurel up --data 文件夹。
trouble-disk-full = { $folder } 所在磁盘只剩 { $free } MB，需要 { $needed } MB。请腾出空间，或换一个文件夹：laurel up --data 文件夹。
trouble-mongod-platform = MongoDB 安装包只支持 64 位 Intel 的 Linux，这台机器是 { $platform }。请把 LAUREL_MONGO_URL 设为您自己的 MongoDB 副本集（LAUREL_NATS_URL 设为带 JetStream 的 nats-server），或使用 docker compose up。
trouble-mongod-missing = 没有安装 mongod。请运行 make install，或把 LAUREL_MONGO_URL 设为您自己的 MongoDB 副本集。
trouble-nats-missing = 没有安装 nats-server。请运行 make install，或把 LAUREL_NATS_URL 设为带 JetStream 的 nats-server。
trouble-library-missing = 缺少程序库 { $library }。请安装：sudo apt-get install { $library }。
trouble-cpu-feature = 这台机器的处理器没有 { $feature }，而 mongod 需要它。请把 LAUREL_MONGO_URL 设为您自己的 MongoDB 副本集，或使用 docker compose up。
trouble-server-failed = { $name } 没有启动：{ $tail }（日志：{ $log }）。
trouble-services-failed = 服务没有启动：{ $tail }（日志：{ $log }）。
trouble-server-unreachable = LAUREL_MONGO_URL 和 LAUREL_NATS_URL 所指的服务器不能用：{ $reason }。
trouble-no-answer = { $url } 没有回应。它在运行吗？
trouble-waited-in-vain = 等了两分钟，{ $what } 仍未完成。请看服务的日志。
trouble-file-missing = 缺少 { $file }。
trouble-not-utf8 = { $file } 不是 UTF-8 文本。
trouble-actions-unreadable = { $file } 不能读取：{ $reason }。
trouble-action-refused = 后续事项 { $action } 没有收下：{ $reason }
trouble-rules-unsupported = 这个赛季用到了还不能计算的规则，为免算错，没有收下：{ $features }。
trouble-token-needed = 访问 { $url } 需要令牌：--token 或 LAUREL_TOKEN。

run-opened = 赛季 { $season } 已开放。
run-file = { $file }：收下 { $accepted } 行，退回 { $rejected } 行。
run-rejected = { "  " }{ $file } 第 { $row } 行，{ $column } 列：{ $code }。{ $message }
run-closed = 轮次 { $round } 已结束。
run-announced = 拟获奖结果已公示。
run-finalized = 结果已确定，奖项已授予。
run-issued = 已签发证书：学生 { $student } 张，指导教师 { $instructor } 张，组织单位 { $unit } 张。
run-action = 后续事项 { $action }（{ $type }）已办理。
run-results = 结果已写到 { $folder }。
run-certificates = { $count } 张证书已写到 { $folder }。

check-fine = { $folder }：规则没有问题；收下 { $accepted } 行，退回 { $rejected } 行。
check-refused = { $folder }/season.yaml 没有通过，有 { $count } 处问题：

up-starting = 正在启动服务器和服务（数据在 { $folder }）……
up-example = 正在运行示例赛季……
up-live = 正在开放一个可以动手试的实时赛季……
up-ready = ready 已就绪，用时 { $seconds } 秒：{ $url }
up-open = 用浏览器打开 { $url }。
up-links = 登录身份（每个链接只能用一次，每次启动都会重新生成）：
up-link = { "  " }{ $role }：{ $url }
up-stop = 按 Ctrl-C 全部停止。
up-stopping = 正在停止……
up-stopped = 已停止。数据留在 { $folder }。
role-city-organizer = 组织者
role-school = 学校管理员
role-judge-A = 赛道 A 的评委
role-judge-B = 赛道 B 的评委
role-student = 学生
role-operator = 系统管理员

cli-letters-help = 服务没能处理的事件：查看，或再处理一次。
cli-letters-list-help = 列出三个服务的全部。
cli-letters-show-help = 查看一个，包括它的头部和正文。
cli-letters-replay-help = 排除原因以后，再处理一次。
letter = { $id }：{ $subject }，{ $reason }，试了 { $attempts } 次，{ $received_at }
letters = { $count ->
    [0] 没有未送达的事件。
   *[other] 有 { $count } 个未送达的事件。
  }
letter-replayed = { $id } 已处理。
cli-provision-keep = 一直运行，随时补好 NATS 里被删除或改动的部分。
cli-replay-help = 重新发布全部事件：用数据库把空的 NATS 填满。
cli-reconcile-help = 逐个赛季核对三个服务（全部，或指定的）。不一致时以 1 结束。
cli-backup-help = 把三个数据库在同一时刻的内容和密钥写到 FILE。
cli-restore-help = 用备份 FILE 填充一个空的系统。
replayed = 已重新发布的文档：报名 { $registration }，评审 { $judging }，证书 { $certificates }。
reconcile-on-the-way = { $service }：最早未发送的事件 { $oldest_unsent_seconds } 秒，未接收的事件 { $pending } 个，未能处理的 { $dead_letters } 个。
reconcile-agreed = { $season }：{ $ledger }（{ $owner } → { $holder }）：{ $count } 项一致。
reconcile-differs = { $season }：{ $ledger }（{ $owner } → { $holder }）：{ $count } 项中有不一致。
reconcile-missing = { "  " }缺少 { $count } 项：{ $ids }
reconcile-different = { "  " }不同 { $count } 项：{ $ids }
reconcile-extra = { "  " }多出 { $count } 项：{ $ids }
backed-up = { $file } 已写好，文档：报名 { $registration }，评审 { $judging }，证书 { $certificates }。其中有个人信息和密钥，请妥善保管。
restored = 已从 { $file } 恢复，文档：报名 { $registration }，评审 { $judging }，证书 { $certificates }。下次启动时会重新填满 NATS。
trouble-restore-not-empty = 数据库 { $database } 不是空的。备份只能恢复到空的系统：请换一个 --data 文件夹，或用一个空的 MongoDB。
trouble-backup-damaged = { $file } 不是完整的备份：{ $part } 缺失或被改动。
