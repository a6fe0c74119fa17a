# 逐级推荐
problem-recommend-not-valid = 这份报名无效，不参加推荐。
problem-recommend-other-unit = 这份报名不在这个单位下面。
problem-recommend-wrong-step = 这份报名现在不在这一级。
problem-recommend-not-now = 现在不是这一级推荐的时间。
problem-recommend-rank-taken = 这个排序已经用了，请换一个。
problem-recommend-quota-full = 这个赛道的推荐名额已满。
problem-media-not-live = 活动素材目前只能从补录的记录里读取。请把这个赛季作为补录的赛季开放，或者不收素材。
field-act = 请选一个操作。
field-rank = 推荐要有 1 到 9999 的排序，其他操作不填。
field-opinion = 请填写意见。
field-opinion-long = 最多 { $most } 字。
