import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subjectText } from '../../../src/template/subject-text.ts'

// Names of certificates that OpenSSL made, and what Go 1.26 calls them.

const rows: readonly { readonly story: string; readonly der: string; readonly text: string }[] = [
  {
    story: 'one name',
    der: 'MBAxDjAMBgNVBAMMBXBsYWlu',
    text: 'CN=plain',
  },
  {
    story: 'country, organisation, name',
    der: 'MDUxCzAJBgNVBAYTAkRFMRMwEQYDVQQKDApTaG9wLCBJbmMuMREwDwYDVQQDDAhSb290IE9uZQ==',
    text: 'CN=Root One,O=Shop\\, Inc.,C=DE',
  },
  {
    story: 'the other order',
    der: 'MCsxDjAMBgNVBAMMBWZpcnN0MQwwCgYDVQQKDANPcmcxCzAJBgNVBAYTAkRF',
    text: 'CN=first,O=Org,C=DE',
  },
  {
    story: 'an e-mail address',
    der: 'MCgxCjAIBgNVBAMMAWExGjAYBgkqhkiG9w0BCQEWC2FAYi5leGFtcGxl',
    text: 'CN=a,1.2.840.113549.1.9.1=#0c0b6140622e6578616d706c65',
  },
  {
    story: 'two organisations',
    der: 'MCgxDDAKBgNVBAoMA09uZTEMMAoGA1UECgwDVHdvMQowCAYDVQQDDAF4',
    text: 'CN=x,O=One+O=Two',
  },
  {
    story: 'two names: the last',
    der: 'MBwxDDAKBgNVBAMMA29uZTEMMAoGA1UEAwwDdHdv',
    text: 'CN=two',
  },
  {
    story: 'hash and blanks',
    der: 'MDExDjAMBgNVBAMMBSNoYXNoMQ4wDAYDVQQKDAUgbGVhZDEPMA0GA1UECwwGdHJhaWwg',
    text: 'CN=\\#hash,OU=trail\\ ,O=\\ lead',
  },
  {
    story: 'domain components',
    der: 'MDoxEzARBgoJkiaJk/IsZAEZFgNjb20xFzAVBgoJkiaJk/IsZAEZFgdleGFtcGxlMQowCAYDVQQDDAFk',
    text: 'CN=d,0.9.2342.19200300.100.1.25=#13076578616d706c65,0.9.2342.19200300.100.1.25=#1303636f6d',
  },
  {
    story: 'several in one',
    der: 'MCIxFDAIBgNVBAMMAWEwCAYDVQQLDAFiMQowCAYDVQQKDAFj',
    text: 'CN=a,OU=b,O=c',
  },
  {
    story: 'every known one',
    der: 'MFsxCzAJBgNVBAUTAjEyMQowCAYDVQQDDAFzMQ8wDQYDVQQHDAZCZXJsaW4xCzAJBgNVBAgMAkJFMRIwEAYDVQQJDAlNYWluIFN0IDExDjAMBgNVBBEMBTEwMTE1',
    text: 'SERIALNUMBER=12,CN=s,POSTALCODE=10115,STREET=Main St 1,L=Berlin,ST=BE',
  },
  {
    story: 'letters beyond ASCII',
    der: 'MCAxEDAOBgNVBAMMB0dyw7bDn2UxDDAKBgNVBAwMA0RyLg==',
    text: 'CN=Größe,2.5.4.12=#130344722e',
  },
  {
    story: 'what needs an escape',
    der: 'MBIxEDAOBgNVBAMMB3EiPD47XHo=',
    text: 'CN=q\\"\\<\\>\\;\\\\z',
  },
  {
    story: 'no name',
    der: 'MA8xDTALBgNVBAoMBG9ubHk=',
    text: 'O=only',
  },
  {
    story: 'a user id',
    der: 'MCMxEzARBgoJkiaJk/IsZAEBDANqb2UxDDAKBgNVBAMMA2pvZQ==',
    text: 'CN=joe,0.9.2342.19200300.100.1.1=#13036a6f65',
  },
]

for (const { story, der, text } of rows) {
  test(`subject: ${story}`, () => {
    assert.equal(subjectText(Buffer.from(der, 'base64')), text)
  })
}
