# Recommendation level by level
problem-recommend-not-valid = This entry does not take part, so it is not recommended.
problem-recommend-other-unit = This entry is not below this unit.
problem-recommend-wrong-step = This entry is not at this level now.
problem-recommend-not-now = This level does not recommend at this time.
problem-recommend-rank-taken = This rank is already used. Please give another one.
problem-recommend-quota-full = The recommendation quota of this track is used up.
problem-media-not-live = Material is only taken over from the files of an imported season so far. Please open this season as an imported one, or leave material out.
field-act = Choose what to do.
field-rank = Recommending needs a rank from 1 to 9999; nothing else has one.
field-opinion = Please give an opinion.
field-opinion-long = At most { $most } characters.
