"""Counts what passed and failed, and tells it: a line for each group, all differences in the report file as well."""

SHOWN = 5  # differences of a group that the terminal shows


class Group:
    """The results of one check, in one profile."""

    def __init__(self, name):
        self.name, self.passed, self.failures, self.notes = name, 0, [], []

    def judge(self, capture, told):
        """One result: `told` is what differs, or None."""
        if told:
            self.failures.append('%s: %s' % (capture.name if hasattr(capture, 'name') else capture, told))
        else:
            self.passed += 1

    def note(self, text):
        self.notes.append(text)


class Report:
    def __init__(self, path):
        self.path, self.file, self.passed, self.failed = path, open(path, 'w'), 0, 0
        self.skipped = 0

    def say(self, line):
        print(line, flush=True)
        self.file.write(line + '\n')

    def add(self, group, seconds):
        self.passed += group.passed
        self.failed += len(group.failures)
        self.say('%s: %d passed, %d failed, in %d s' % (group.name, group.passed, len(group.failures), seconds))
        for note in group.notes:
            self.say('    ' + note)
        for number, failure in enumerate(group.failures):
            self.file.write('    FAILED %s\n' % failure)
            if number < SHOWN:
                print('    FAILED %s' % failure)
        if len(group.failures) > SHOWN:
            print('    … and %d more, in %s' % (len(group.failures) - SHOWN, self.path))

    def skip(self, what, reason):
        self.skipped += 1
        self.say('skipped: %s: %s' % (what, reason))

    def close(self):
        """The totals, as the last line; the exit status."""
        self.say('%d passed, %d failed' % (self.passed, self.failed) + (', %d skipped' % self.skipped if self.skipped else ''))
        self.file.close()
        return 1 if self.failed or not self.passed else 0
