"""Who may do what about keeping: those who look after an installation."""

from sri_admin.kernel.policy import Policy, board, either, staff

_OPERATORS = either(staff("sri_director", "data_officer"), board("member_administrator"))

POLICY = Policy({"keeping.backup.see": _OPERATORS, "keeping.backup.make": _OPERATORS})
