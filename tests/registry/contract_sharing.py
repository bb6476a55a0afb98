"""Several openings and several threads of one ledger. `registry_contract` says how it is given a ledger."""

from __future__ import annotations

from threading import Thread

from registry.ledger_acts import NAME, crown, judge, promote, register, standing

from gates.errors import PromotionRefused


class IsShared:
    def test_another_opening_sees_what_was_promoted(self, ledger, open_ledger):
        version = crown(ledger)
        other = open_ledger()
        assert standing(other) == (1, version.digest)
        assert other.log(NAME) == ledger.log(NAME)

    def test_of_several_openings_one_wins(self, ledger, open_ledger):
        versions = [register(ledger, words) for words in "ABCD"]
        verdicts = [judge(ledger, version) for version in versions]
        ended: list[object] = []

        def race(version, verdict):
            try:
                ended.append(promote(open_ledger(), version, verdict, expected=(0, None)))
            except PromotionRefused as refused:
                ended.append(refused)

        runners = [Thread(target=race, args=pair) for pair in zip(versions, verdicts, strict=True)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join(60)
        assert len(ended) == 4
        assert ended.count(1) == 1
        assert len(ledger.log(NAME)) == 1
        assert ledger.audit() == ()

    def test_one_opening_can_be_used_by_several_threads(self, ledger):
        runners = [Thread(target=register, args=(ledger, str(number))) for number in range(8)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join(60)
        assert [version.version for version in ledger.versions(NAME)] == list(range(1, 9))
