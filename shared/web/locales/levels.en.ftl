level-list = Level descriptions of “{ $criterion }”
level-top = { $from }–{ $to }
level-below = { $from } to under { $to }
level-heading = Level descriptions
