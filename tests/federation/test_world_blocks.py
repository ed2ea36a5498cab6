"""What holds a renewal back at the hub is known at the node, and so is its end."""

from datetime import timedelta

from sri_admin.kernel import clock, ids
from sri_admin.members.queries.agreements import agreements_of
from sri_admin.members.queries.blocks import blocks_of, open_blocks
from tests.federation.world import World
from tests.make import members as make


def test_blocks_and_renewals_arrive_at_the_node(world: World) -> None:
    member_id, one, other = world.members["QM"], ids.new(), ids.new()
    node = world.nodes["QM"]

    def begin() -> None:
        first = make.signed(member_id, ends_on=clock.today() + timedelta(days=20))
        make.renewal(member_id, first)
        for cause in (one, other):
            make.block(member_id, cause)

    world.hub.do(begin)
    world.settle()
    assert node.read(lambda: {each.source_id for each in open_blocks(member_id)}) == {one, other}
    rows = node.read(lambda: [row.agreement.continues_id for row in agreements_of(make.found(member_id))])
    assert [each is None for each in rows] == [False, True]
    world.hub.do(lambda: make.unblock(member_id, one))
    world.settle()
    here, there = (site.read(lambda: [each.lifted_at for each in blocks_of(member_id)]) for site in (world.hub, node))
    assert here == there
    assert node.read(lambda: [each.source_id for each in open_blocks(member_id)]) == [other]
