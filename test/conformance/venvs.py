"""Pythons of their own with one package from outside, made where they are not there yet."""

import os
import subprocess
import sys


def python_with(build, package, version):
    """The Python of a venv in the directory `build` that has the package."""
    directory = os.path.join(build, '%s-%s' % (package, version))
    python = os.path.join(directory, 'bin', 'python')
    ready = os.path.exists(python) and subprocess.run([python, '-I', '-c', 'import ' + package], capture_output=True)
    if not ready or ready.returncode != 0:
        install = [python, '-I', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
        subprocess.run([sys.executable, '-I', '-m', 'venv', '--clear', directory], check=True)
        subprocess.run([*install, '%s==%s' % (package, version)], check=True)
    return python
