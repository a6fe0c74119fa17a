grade-1 = 一年级
grade-2 = 二年级
grade-3 = 三年级
grade-4 = 四年级
grade-5 = 五年级
grade-6 = 六年级
grade-7 = 七年级（初一）
grade-8 = 八年级（初二）
grade-9 = 九年级（初三）
grade-10 = 十年级（高一）
grade-11 = 十一年级（高二）
grade-12 = 十二年级（高三）
grades-in-a-team = 要和更高年级的学生组队
track-title = 报哪个赛道？
track-lede = 点一个赛道，就能看到要填什么。
track-kept = 你填过的都还在。点一个赛道，接着填。
track-chosen = 赛道
track-another = 换一个赛道
track-colon = ：
track-grades = { $low }到{ $high }
track-alone = 一个人参赛
track-team = { $kind ->
    [just] { $high } 人一队
   *[range] { $low }–{ $high } 人，可以组队
}
track-files = { $low ->
    [0] 可以交文件，最多 { $high } 个：{ $types }
   *[other] 要交 { $range } 个文件：{ $types }
}
track-no-files = 不用交文件
file-kind-pdf = PDF
file-kind-image = 图片
file-kind-video = 视频
file-kind-audio = 音频
file-kind-archive = 压缩包
file-kind-office = 办公文档
file-kind-text = 文本
register-optional = { $field }（可以不填）
register-instructors-needed = { $low ->
    [0] 没有指导教师就空着。
   *[other] 至少写 { $low } 位。
}
register-mates-how = 把队友填在这里，或者先保存，再把队伍链接发给他们，让他们自己加入。
sign-up-school-hint = 写学校名字里的几个字，再点“找一找”。
sign-up-school-find = 找一找
sign-up-school-pick = 选你的学校
sign-up-school-none = 没有找到名字里有“{ $words }”的学校。换几个字试试，或者问问老师。
