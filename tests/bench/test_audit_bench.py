"""The bench of the audit, small."""

import pytest

from chereme.bench import audit


@pytest.mark.data
def test_planted_faults_are_found(data):
    result = audit.measure(data, seeds=(5,), each=6)
    assert result.n == 66
    assert set(result.details["found"]) == set(result.details["peer_found"])
    assert result.details["found"]["copy to the bit"] == result.details["peer_found"]["copy to the bit"] == 1.0
    assert result.details["found"]["clip of the validated signer in training"] == 1.0
    assert result.details["peer_found"]["mirrored"] == 0.0
    assert result.value > 0.8 > result.peer_value
    assert result.details["false_alarms"] < 0.05
