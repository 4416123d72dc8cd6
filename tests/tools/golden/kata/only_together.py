from app import count

counts = []


def test_counts_two_words():
    counts.append(count("two words"))


def test_counts_agree():
    assert set(counts) <= {2}


def test_counts_three_words():
    counts.append(count("three more words") - 1)
