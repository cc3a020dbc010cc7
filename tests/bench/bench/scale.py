CASES = []
class Case: pass
