field-too-long = 最多 { $most } 字。
field-bad-sign = 有不能使用的控制字符，请重新输入。
field-bad-number = { $decimals ->
    [none] 请填整数，只用阿拉伯数字。
    [one] 请填数字，最多 1 位小数。
   *[two] 请填数字，最多 2 位小数。
}
field-out-of-range = { $high ->
    [none] 不能小于或早于 { $low }。
   *[other] { $low ->
        [none] 不能大于或晚于 { $high }。
       *[other] 要在 { $low } 到 { $high } 之间。
    }
}
field-bad-date = 请填日期，例如 2026-11-30。
field-bad-value = 请从列出的选项中选择。
field-bad-url = 请填写以 http:// 或 https:// 开头的网址，最多 { $most } 个字符。
field-must-agree = 要同意才能报名。
import-field = 赛道“{ $track }”填写{ $required ->
    [yes] ，提交时必填
   *[no] ，可以不填
}。
import-choices = 可选：{ $choices }{ $many ->
    [yes] ；可以选几个，用分号隔开
   *[no] {""}
}。
blind-answer = { $field }（评委看到的）
problem-no-such-track = 本赛季没有这个赛道。
entry-now-unstated = 还没有填完。补上缺的内容，就可以提交。
field-file-type = 请填写文件名，以 { $types } 结尾，不带文件夹。
