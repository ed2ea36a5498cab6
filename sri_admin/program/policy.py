"""Who may change the programme's catalogue."""

from sri_admin.kernel.policy import Policy, staff

POLICY = Policy({"program.catalogue.adopt": staff("sri_director", "integrity_lead")})
