"""The exchange in plain words: what went wrong, what it means, what to do."""

from typing import Final, NamedTuple

from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l


class Reasons(NamedTuple):
    """Why something stopped or was set aside, for a person."""

    wrong: LazyText
    means: LazyText
    todo: LazyText


_GOES_ON: Final = _l("Work here goes on as usual; what you enter waits here and nothing is lost.")
_NOTHING_YET: Final = _l("Nothing was connected.")
_BLOCKS_NOTHING: Final = _l("The record stays as it was. It blocks nothing else.")
_NOTHING_TAKEN: Final = _l("Nothing of it was taken, and nothing here was changed.")
_WRITE_AGAIN: Final = _l("Have the stick written once more, on another one if this happens again.")
_BY_ITSELF: Final = _l("Nothing to do. We try again by ourselves.")
_TELL_TECHNICIAN: Final = _l("Ask the person who looks after this installation.")
_TELL_SRI: Final = _l("Tell SRI before you go on. They see the same and decide with you which history is right.")
_ROOT: Final = Reasons(
    _l("The hub's root, the keys above its own, was changed in a way that is not signed as it has to be."),
    _l("To be safe, we take nothing from the hub until that is clear. Work here goes on as usual."),
    _l("Tell SRI at once, by telephone."),
)

_TROUBLES: Final[dict[str, Reasons]] = {
    "unreachable": Reasons(_l("We could not reach the hub."), _GOES_ON, _BY_ITSELF),
    "timeout": Reasons(_l("The hub did not answer in time. The line may be slow."), _GOES_ON, _BY_ITSELF),
    "unavailable": Reasons(_l("The hub is closed for a short time."), _GOES_ON, _BY_ITSELF),
    "too_many": Reasons(_l("The hub asked us to come a little later."), _GOES_ON, _BY_ITSELF),
    "busy": Reasons(_l("The hub is still taking what we sent before."), _GOES_ON, _BY_ITSELF),
    "many_removed": Reasons(
        _l("We were away for so long that a fresh copy is needed, and it would remove many records."),
        _l("Nothing was removed. These records wait; everything else goes on."),
        _l("Look at “Fresh copies” and decide, together with SRI. If none waits here, SRI decides."),
    ),
    "bad_snapshot": Reasons(_l("A fresh copy of the records came damaged."), _GOES_ON, _BY_ITSELF),
    "not_a_hub": Reasons(
        _l("Something else answered in place of the hub, perhaps the log-in page of a network."),
        _GOES_ON,
        _l("Open any web page on this machine and log in to the network, then try again."),
    ),
    "redirected": Reasons(
        _l("Something in between led us away from the hub, perhaps the log-in page of a network."),
        _GOES_ON,
        _l("Open any web page on this machine and log in to the network, then try again."),
    ),
    "not_trusted": Reasons(
        _l("The hub's address could not prove that it is the hub's."),
        _GOES_ON,
        _l("Check the date of this machine. If it is right, ask the person who looks after it."),
    ),
    "other_hub": Reasons(
        _l("Another hub answered than the one this installation belongs to."), _GOES_ON, _TELL_TECHNICIAN
    ),
    "invalid_client": Reasons(
        _l("The hub does not know this installation, or not by these keys. One of the two may have been set back."),
        _l("Nothing travels for now. What is here stays here, and nothing of it is lost."),
        _l(
            "Ask SRI to withdraw the keys of this node, if they know it, and to make a new code."
            " Enter it with “sri-admin node enrol” and read them the digits by telephone."
        ),
    ),
    "root_threshold": _ROOT,
    "root_gap": _ROOT,
    "root_rollback": _ROOT,
    "forked_root": _ROOT,
    "bad_root": _ROOT,
    "key_revoked": Reasons(
        _l("The keys of this installation were withdrawn, because it was reported stolen, lost or closed."),
        _l("Nothing travels any more. What is here stays here, and what was sent before stands."),
        _l("If this machine is in the right hands, ask SRI for a new code and enter it with “sri-admin node enrol”."),
    ),
    "duplicate_writer": Reasons(
        _l("Two copies of this installation talk to the hub."),
        _l("To lose nothing, the hub takes from neither until a person decides."),
        _l("Find the other copy, perhaps a restored one, and stop it. Then tell SRI which one goes on."),
    ),
    "forked": Reasons(
        _l("Our history and the hub's no longer agree, as after going back to an older copy."),
        _l("To lose nothing, we send and take nothing more in this part."),
        _TELL_SRI,
    ),
    "ahead": Reasons(
        _l("The other side holds more of this history than we do. This copy was set back to an earlier day."),
        _l("What is here stays here, and what is missing comes back. You can go on working."),
        _l("Exchange once more, over the internet or by a stick written here and the answer to it."),
    ),
    "rewound": Reasons(
        _l("The hub was set back to an earlier day."),
        _l("We keep what we have and take nothing more in this part."),
        _TELL_SRI,
    ),
    "stale_epoch": Reasons(
        _l("Another installation now writes these records."),
        _l("What was entered here since then has not been taken."),
        _TELL_SRI,
    ),
    "past_end": Reasons(
        _l("We hold lines of a history the hub has ended."),
        _l("They are handed back to the hub, and a person there decides about each of them."),
        _BY_ITSELF,
    ),
    "given_up": Reasons(
        _l("Another copy of this installation was chosen to go on."),
        _l("What was entered here and not sent was handed to the hub, where a person looks at it."),
        _l("Enter nothing more here. Go on in the other copy, and stop this one."),
    ),
    "hub_restored": Reasons(
        _l("The hub was set back to an earlier day and first takes back the permissions it had lost."),
        _GOES_ON,
        _l("Nothing to do here. SRI looks at what we handed back; then everything goes on by itself."),
    ),
    "unproven": Reasons(
        _l("The hub went back behind lines whose proof is not kept here."),
        _l("We keep what we have and take nothing more in this part."),
        _TELL_SRI,
    ),
    "nothing_shared": Reasons(
        _l("The hub was set back to a day before everything that is kept here in single lines."),
        _l("We keep what we have and take nothing more in this part until somebody agrees."),
        _l("Ask SRI, then agree to the fresh copy under “Fresh copies”. What only this copy knows is kept and shown."),
    ),
    "client_too_old": Reasons(
        _l("The program here is too old to talk to the hub."), _GOES_ON, _l("Have this installation updated.")
    ),
    "server_too_old": Reasons(
        _l("The program at the hub is too old to talk to this one."), _GOES_ON, _l("Nothing to do here. Tell SRI.")
    ),
    "below_floor": Reasons(
        _l("The hub takes these records only from a newer program than the one here."),
        _GOES_ON,
        _l("Have this installation updated. What waits then goes over by itself."),
    ),
    "bad_code": Reasons(
        _l("This code is not known."), _NOTHING_YET, _l("Check it letter by letter, or ask SRI for a new one.")
    ),
    "code_used": Reasons(
        _l("This code was used by another installation already."),
        _NOTHING_YET,
        _l("Tell SRI, in case somebody else has it. They give you a new one."),
    ),
    "key_taken": Reasons(
        _l("The keys of this installation were in use before and are over."),
        _NOTHING_YET,
        _l("Have the program updated and ask once more; it then makes new keys by itself."),
    ),
    "code_expired": Reasons(_l("This code is older than seven days."), _NOTHING_YET, _l("Ask SRI for a new one.")),
    "wrong_fingerprint": Reasons(
        _l("This is not the hub whose digits stand in the settings."),
        _NOTHING_YET,
        _l("Compare hub.root_fingerprint with what SRI gave you. If it is right, tell SRI at once."),
    ),
    "not_a_bundle": Reasons(
        _l("This is not a file that was written for a stick by this program."),
        _NOTHING_TAKEN,
        _l("Choose the files whose names contain “.sribundle”, and leave them as they are."),
    ),
    "bad_manifest": Reasons(_l("The beginning of the file is damaged or was changed."), _NOTHING_TAKEN, _WRITE_AGAIN),
    "bad_chain": Reasons(
        _l("The changes that came do not continue what is here, or are not as they were signed."),
        _l("Nothing of that part was taken, and nothing here was changed."),
        _TELL_SRI,
    ),
    "reclaimed": Reasons(
        _l("SRI writes the records of this country again; the node that wrote this was given up."),
        _NOTHING_TAKEN,
        _l("Have the installation there stopped. If it is to go on, connect it anew with a new code."),
    ),
    "bad_signature": Reasons(
        _l("The signature does not fit: something was changed on the way."), _NOTHING_TAKEN, _WRITE_AGAIN
    ),
    "damaged_volume": Reasons(
        _l("One of the files is not as it was written; the stick may be worn."),
        _GOES_ON,
        _l("Copy that file again, or have the stick written once more."),
    ),
    "missing_volume": Reasons(
        _l("Not all the files are here."), _NOTHING_TAKEN, _l("Add the files that are named, then read again.")
    ),
    "other_bundle": Reasons(
        _l("These files do not belong together."), _NOTHING_TAKEN, _l("Read the files of one name at a time.")
    ),
    "unknown_key": Reasons(
        _l("It is signed with a key that is not known here."),
        _NOTHING_TAKEN,
        _l("Read older sticks first; new keys come with them. If this stays so, tell SRI."),
    ),
    "writer_withdrawn": Reasons(_l("The keys it was signed with were withdrawn."), _NOTHING_TAKEN, _TELL_SRI),
    "too_inflated": Reasons(
        _l("The file says it would become far larger than it is."), _NOTHING_TAKEN, _TELL_TECHNICIAN
    ),
    "bad_box": Reasons(_l("What is in the file does not open here."), _GOES_ON, _WRITE_AGAIN),
    "old_box": Reasons(
        _l("It was locked with a key this installation no longer has."),
        _NOTHING_TAKEN,
        _l("Exchange once over the internet, or ask SRI, then have the stick written once more."),
    ),
    "no_box_key": Reasons(
        _l("The key that locks a stick for the other side is not known here yet."),
        _l("Nothing was written."),
        _l("Exchange once over the internet; it comes along by itself."),
    ),
    "wrong_reader": Reasons(
        _l("It was written for another installation."), _NOTHING_TAKEN, _l("Take the stick to where it was meant for.")
    ),
    "older_copy": Reasons(
        _l("It was written by this node before it was restored, or by an older copy of it."),
        _NOTHING_TAKEN,
        _l("Ask the country for a stick of the installation in use now. An older copy still used must be stopped."),
    ),
    "unknown_incarnation": Reasons(
        _l("It was written by a copy of this node that the hub has not met."),
        _NOTHING_TAKEN,
        _l("Have the node updated, and the stick written once more."),
    ),
    "other_copy": Reasons(
        _l("It was written for this installation as it was before a restore, or for another copy of it."),
        _NOTHING_TAKEN,
        _l("Write a stick here, have SRI read it, and read the one they write then."),
    ),
    "unknown_writer": Reasons(
        _l("It was written by an installation that is not connected with this one."), _NOTHING_TAKEN, _TELL_TECHNICIAN
    ),
    "newer_bundle": Reasons(
        _l("It was written by a newer program."), _NOTHING_TAKEN, _l("Have this installation updated, then read again.")
    ),
    "denied": Reasons(
        _l("It holds records its writer may not send."), _NOTHING_TAKEN, _l("Tell SRI; the file may be a forgery.")
    ),
    "too_many_volumes": Reasons(
        _l("There would be too many files."), _l("Nothing was written."), _l("Allow larger files.")
    ),
    "gap": Reasons(
        _l("Changes between the last stick and this one are missing."),
        _l("What could be taken was taken; the rest waits for what comes before it."),
        _l("Read the older stick first, or bring the answer back and have a new one written."),
    ),
    "disk_full": Reasons(
        _l("There is no room left on this machine."),
        _l("Nothing is lost; what was taken before stays taken."),
        _l("Make room, then begin again."),
    ),
    "store_unreachable": Reasons(
        _l("The place where files are kept here does not answer."),
        _l("Nothing is lost; what was taken before stays taken."),
        _l("Begin again in a while. If this stays so, ask the person who looks after this installation."),
    ),
    "revoked": Reasons(
        _l("The keys of this node were withdrawn."),
        _l("Nothing was written."),
        _l("Let it be connected anew first, with a new code."),
    ),
    "not_enrolled": Reasons(
        _l("This installation is not connected to the hub yet."),
        _l("You can work; nothing travels."),
        _l("Ask SRI for a code and enter it with “sri-admin node enrol”."),
    ),
}
_ASK_TO_UPDATE: Final = _l("Ask the country to have its installation updated. What waits then comes by itself.")
_WAITS_THERE: Final = _l("People there can go on entering data. It waits at the node and is not lost.")
_HUBS_TROUBLES: Final[dict[str, Reasons]] = {
    "client_too_old": Reasons(
        _l("The program of this node is too old to talk to the hub."), _WAITS_THERE, _ASK_TO_UPDATE
    ),
    "server_too_old": Reasons(
        _l("The program at the hub is too old to talk to this node."), _WAITS_THERE, _l("Have the hub updated.")
    ),
    "below_floor": Reasons(
        _l("The hub takes these records only from a newer program than this node has."), _WAITS_THERE, _ASK_TO_UPDATE
    ),
}
_UNKNOWN_TROUBLE: Final = Reasons(
    _l("The exchange with the hub stopped for a reason this page does not know."), _GOES_ON, _TELL_TECHNICIAN
)

_FILE_STAYS: Final = _l("The record of the file is here; what came of the file is kept.")
_FILES: Final[dict[str, Reasons]] = {
    "file_missing": Reasons(
        _l("The hub does not have this file just now."),
        _FILE_STAYS,
        _l("We try again by ourselves. If this stays so for a day, tell SRI."),
    ),
    "wrong_file": Reasons(
        _l("What came is not the file its record names."),
        _l("It was thrown away."),
        _l("We fetch it anew by ourselves. If this stays so for a day, tell SRI."),
    ),
    "denied": Reasons(_l("The hub does not give us this file."), _FILE_STAYS, _l("Tell SRI; they see why.")),
    "disk_full": Reasons(
        _l("There is no room left on this machine."), _FILE_STAYS, _l("Make room; then it goes on by itself.")
    ),
    "store_unreachable": Reasons(_l("The place where files are kept here does not answer."), _FILE_STAYS, _BY_ITSELF),
    "cut_off": Reasons(_l("The line broke several times in the middle of the file."), _FILE_STAYS, _BY_ITSELF),
}

_SET_ASIDE: Final[dict[str, Reasons]] = {
    "waiting_for": Reasons(
        _l("It belongs to another record that has not arrived yet."),
        _BLOCKS_NOTHING,
        _l("Nothing to do. It is taken by itself when the other record arrives."),
    ),
    "same_revision": Reasons(
        _l("The same version of it came twice with different contents."),
        _BLOCKS_NOTHING,
        _l("Whoever writes this record saves it once more; it then travels again."),
    ),
    "older_version": Reasons(
        _l("It was written by a program that is too old."),
        _BLOCKS_NOTHING,
        _l("The installation that writes it needs an update."),
    ),
    "unchangeable": Reasons(
        _l("An entry that is made once and stays was to be changed or removed."), _BLOCKS_NOTHING, _TELL_SRI
    ),
    "added_twice": Reasons(_l("An entry that can only be made once was made twice."), _BLOCKS_NOTHING, _TELL_SRI),
    "clash": Reasons(
        _l("It contradicts another record that already stands here."),
        _BLOCKS_NOTHING,
        _l("Compare the two records and correct the wrong one where it is written."),
    ),
    "contradiction": Reasons(
        _l("It breaks a rule that holds for everybody, such as that nobody approves their own work."),
        _BLOCKS_NOTHING,
        _l("Nothing was taken from it. Whoever wrote it makes it anew; the details below name the rule."),
    ),
    "invalid": Reasons(
        _l("One of its values is not acceptable."),
        _BLOCKS_NOTHING,
        _l("Correct the record where it is written. It then travels again by itself."),
    ),
}
_UNKNOWN_SET_ASIDE: Final = Reasons(
    _l("It is not written the way records have to be."),
    _BLOCKS_NOTHING,
    _l("Tell the person who looks after the installation that writes it; the details below help."),
)

_STREAMS: Final[dict[str, LazyText]] = {
    "hub.control": _l("Keys and permissions"),
    "hub.registry": _l("Countries and word lists"),
    "hub.member": _l("Our agreement, reviews, decisions"),
    "ops": _l("Our people, returns and requests"),
    "contrib": _l("Translations we contribute"),
    "hub.language": _l("Decisions on translations"),
    "hub.materials": _l("Released materials"),
}
_AT_HUB: Final[dict[str, LazyText]] = {
    "hub.member": _l("Their agreement, reviews, decisions"),
    "ops": _l("Their people, returns and requests"),
    "contrib": _l("Translations they contribute"),
}


def trouble(code: str, *, at_hub: bool = False) -> Reasons:
    """Return why an exchange stopped, as a node says it or as the hub does of a node."""
    told = _HUBS_TROUBLES.get(code) if at_hub else None
    return told or _TROUBLES.get(code, _UNKNOWN_TROUBLE)


def file_trouble(code: str) -> Reasons:
    """Return why a file did not come when it was fetched last."""
    return _FILES.get(code) or Reasons(trouble(code).wrong, _FILE_STAYS, trouble(code).todo)


def set_aside(code: str) -> Reasons:
    """Return why a record was set aside."""
    return _SET_ASIDE.get(code, _UNKNOWN_SET_ASIDE)


def stream_name(stream: str, *, at_hub: bool = False) -> LazyText:
    """Name what travels in a stream, as its member says it or as the hub does."""
    parts = stream.split(".")
    key = parts[-1] if parts[0] == "member" else ".".join(parts[:2])
    told = _AT_HUB.get(key) if at_hub else None
    return told or _STREAMS.get(key, _l("Other records"))
