answer-optional = { $field }（可以不填）
answer-length = 最多 { $most } 字。
answer-number = { $decimals ->
    [0] { $low } 到 { $high } 的整数。
    [1] { $low } 到 { $high }，最多 1 位小数。
   *[other] { $low } 到 { $high }，最多 { $decimals } 位小数。
}
answer-day = { $kind ->
    [between] { $low }至{ $high }。
    [from] 不早于{ $low }。
   *[until] 不晚于{ $high }。
}
answer-url = 以 http:// 或 https:// 开头。
answer-readers = { $who ->
    [both] 评委会看到，也会公开展示。
    [judges] 评委会看到。
   *[public] 会公开展示。
}
answer-nameless = 请不要写姓名和学校。
answer-agree = 我同意并承诺
answer-yes = 是
answer-no = 否
answer-between = 、
answer-wrong = { $field }：{ $text }
code-NOT_ASKED = 该赛道没有这一项，请留空。
code-OUT_OF_RANGE = 超出允许的范围。
code-BAD_NUMBER = 数字无效，或小数位数过多。
code-BAD_DATE = 不是有效的日期（如 2026-11-30）。
code-BAD_URL = 网址无效，要以 http:// 或 https:// 开头。
code-MUST_AGREE = 须同意承诺。
answer-then = {""}
answer-file = 文件名，以 { $types } 结尾；文件本身在“素材”里上传。
code-FILE_TYPE = 文件类型不符。
code-FILE_TOO_LARGE = 文件过大。
code-TOO_MANY = 素材数量超限。
