"""Pythons of their own with one package from PyPI, made where they are not there yet."""

import os
import subprocess
import sys


class NoPackage(Exception):
    """The package could not be had: PyPI cannot be reached, or does not have it."""


def python_with(build, package, version, with_system=False, beside=()):
    """The Python of a venv in the directory `build` that has the package; NoPackage if pip cannot install it.

    `with_system`: the venv also has the packages of the Python that makes it, and takes from there what is new enough.
    `beside`: what else is installed, as pip's requirements.
    """
    directory = os.path.join(build, '%s-%s%s' % (package, version, '-system' if with_system else ''))
    python = os.path.join(directory, 'bin', 'python')
    ready = os.path.exists(python) and subprocess.run([python, '-I', '-c', 'import ' + package], capture_output=True)
    if not ready or ready.returncode != 0:
        install = [python, '-I', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']
        venv = [sys.executable, '-I', '-m', 'venv', '--clear', *(['--system-site-packages'] if with_system else [])]
        subprocess.run([*venv, directory], check=True)
        ran = subprocess.run([*install, '%s==%s' % (package, version), *beside], capture_output=True, text=True)
        if ran.returncode != 0:
            said = (ran.stderr.strip() or 'nothing').splitlines()[-1]
            raise NoPackage('pip cannot install %s %s from PyPI: %s' % (package, version, said))
    return python
