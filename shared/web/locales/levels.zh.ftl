level-list = “{ $criterion }”的等级说明
level-top = { $from }–{ $to }
level-below = { $from }–不到 { $to }
level-heading = 等级说明
