"""Certificates for tests, made by the openssl program in a folder that goes away with them."""

import os
import subprocess
import tempfile


class Certificates:
    """An authority and what it signs. Use it in a `with`."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="larder-certificates-")
        self.folder = self.temporary.name
        self.authority = self.path("authority.pem")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=authority of " + os.path.basename(self.folder), "-keyout", self.path("authority.key"),
                     "-out", self.authority)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments, stdin=b""):
        done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"openssl {arguments}: {done.stderr.decode()}")
        return done.stdout

    def issue(self, name, days=1, password=None):
        """Paths of a certificate for this machine and of its key; the same name again replaces both."""
        key, request, certificate = (self.path(name + end) for end in (".key", ".csr", ".pem"))
        sealed = ["-passout", "stdin"] if password else ["-nodes"]
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *sealed, "-subj", "/CN=" + name,
                     "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", request,
                     stdin=(password or "").encode())
        with open(self.path("extensions"), "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", self.path("authority.key"),
                     "-CAcreateserial", "-days", str(days), "-extfile", self.path("extensions"), "-out", certificate)
        return certificate, key
