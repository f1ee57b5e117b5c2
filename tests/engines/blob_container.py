#!/usr/bin/env python3
"""Makes a container in an Azurite that listens, and prints its address with a signature that lets all be done there.

usage: blob_container.py http://HOST:PORT/devstoreaccount1 NAME [ADDRESS as others see it]
"""
import base64
import datetime
import hashlib
import hmac
import sys
import urllib.error
import urllib.parse
import urllib.request

# Of the emulator, the same everywhere: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
ACCOUNT = 'devstoreaccount1'
KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
VERSION = '2021-12-02'


def sign(text):
    return base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


def make(endpoint, name):
    date = datetime.datetime.utcnow().strftime('%a, %d %b %Y %H:%M:%S GMT')
    text = 'PUT' + '\n' * 12 + 'x-ms-date:%s\nx-ms-version:%s\n/%s/%s/%s\nrestype:container' % (
        date, VERSION, ACCOUNT, ACCOUNT, name)
    request = urllib.request.Request(endpoint + '/' + name + '?restype=container', method='PUT', headers={
        'x-ms-date': date, 'x-ms-version': VERSION, 'Authorization': 'SharedKey %s:%s' % (ACCOUNT, sign(text))})
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as error:
        if error.code != 409:  # it is there
            raise


def signature(name):
    expiry = (datetime.datetime.utcnow() + datetime.timedelta(days=1)).strftime('%Y-%m-%dT%H:%M:%SZ')
    text = '\n'.join(['rcwl', '', expiry, '/blob/%s/%s' % (ACCOUNT, name), '', '', '', VERSION, 'c'] + [''] * 7)
    return urllib.parse.urlencode({'sv': VERSION, 'sr': 'c', 'sp': 'rcwl', 'se': expiry, 'sig': sign(text)})


endpoint, name = sys.argv[1:3]
make(endpoint, name)
print('%s/%s?%s' % (sys.argv[3] if len(sys.argv) > 3 else endpoint, name, signature(name)))
