"""Who may see the connections and change who is connected."""

from sri_admin.kernel.policy import Policy, board, either, staff

_EVERY_STAFF = staff(
    "sri_director",
    "country_liaison",
    "integrity_lead",
    "materials_manager",
    "training_lead",
    "data_officer",
    "auditor",
)
_EVERY_BOARD = board("member_administrator", "chair", "coordinator", "member_data_officer")

POLICY = Policy(
    {
        "federation.node.list": _EVERY_STAFF,
        "federation.node.enrol": staff("sri_director", "data_officer"),
        "federation.node.keep": staff("sri_director", "data_officer"),
        "federation.hub.go_on": staff("sri_director", "data_officer"),
        "federation.handover.see": either(_EVERY_BOARD, _EVERY_STAFF),
        "federation.handover.decide": staff("sri_director", "data_officer"),
        "federation.salvage.see": either(_EVERY_BOARD, _EVERY_STAFF),
        "federation.salvage.decide": either(
            board("member_administrator", "chair"), staff("sri_director", "data_officer")
        ),
        "federation.snapshot.see": either(_EVERY_BOARD, _EVERY_STAFF),
        "federation.snapshot.decide": either(
            board("member_administrator", "chair"), staff("sri_director", "data_officer")
        ),
        "federation.floor.set": staff("sri_director", "data_officer"),
        "federation.node.withdraw": staff("sri_director", "data_officer"),
        "federation.keys.rotate": either(board("member_administrator"), staff("sri_director", "data_officer")),
        "federation.stick.carry": either(_EVERY_BOARD, staff("sri_director", "country_liaison", "data_officer")),
        "federation.connection.see": either(_EVERY_BOARD, _EVERY_STAFF),
        "federation.restored.see": either(_EVERY_BOARD, _EVERY_STAFF),
        "federation.restored.go_on": either(board("member_administrator"), staff("sri_director")),
        "federation.connection.try": either(_EVERY_BOARD, _EVERY_STAFF),
    }
)
