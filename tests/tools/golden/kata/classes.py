from app import count


class TestCount:
    def test_counts(self):
        assert count("Hello World") == 2

    def test_counts_more(self):
        assert count("one two three four") == 4
