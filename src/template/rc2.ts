// RC2 in CBC mode, only to read old PKCS#12 files: OpenSSL 3 no longer offers it (RFC 2268).

/** The permutation of RFC 2268, "from the digits of pi". */
const PI_TABLE = Buffer.from(
  [
    'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2',
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82',
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626',
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7',
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec',
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731',
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9',
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  ].join(''),
  'hex',
)

const BLOCK_BYTES = 8

/** Decrypts whole blocks; the padding stays. */
export function decryptRc2Cbc(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const words = expandKey(key)
  const out = Buffer.alloc(data.length)
  let previous = iv
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    const block = data.subarray(at, at + BLOCK_BYTES)
    const plain = decryptBlock(words, block)
    for (let i = 0; i < BLOCK_BYTES; i++) out[at + i] = (plain[i] ?? 0) ^ (previous[i] ?? 0)
    previous = block
  }
  return out
}

/** RFC 2268, section 2, with the effective key length equal to the key's own, as PKCS#12 has it. */
function expandKey(key: Buffer): Uint16Array {
  const bytes = new Uint8Array(128)
  bytes.set(key.subarray(0, 128))
  const length = key.length
  for (let i = length; i < 128; i++) {
    bytes[i] = PI_TABLE[((bytes[i - 1] ?? 0) + (bytes[i - length] ?? 0)) & 255] ?? 0
  }
  bytes[128 - length] = PI_TABLE[bytes[128 - length] ?? 0] ?? 0
  for (let i = 127 - length; i >= 0; i--) {
    bytes[i] = PI_TABLE[(bytes[i + 1] ?? 0) ^ (bytes[i + length] ?? 0)] ?? 0
  }
  return Uint16Array.from(
    { length: 64 },
    (_, i) => (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8),
  )
}

// Rotations of RFC 2268, section 3.1, undone to the right.
const SHIFTS: readonly number[] = [1, 2, 3, 5]

/** Mixing in rounds of 5, 6 and 5 with mashing between, run backwards. */
function decryptBlock(words: Uint16Array, block: Buffer): Buffer {
  const r = [0, 2, 4, 6].map((at) => block.readUInt16LE(at))
  const at = (index: number): number => r[index & 3] ?? 0
  let next = 63
  const mix = (): void => {
    for (let i = 3; i >= 0; i--) {
      const shift = SHIFTS[i] ?? 1
      const turned = (at(i) >>> shift) | (at(i) << (16 - shift))
      const mixed = (at(i + 3) & at(i + 2)) + (~at(i + 3) & at(i + 1))
      r[i] = (turned - (words[next] ?? 0) - mixed) & 0xffff
      next--
    }
  }
  const mash = (): void => {
    for (let i = 3; i >= 0; i--) r[i] = (at(i) - (words[at(i + 3) & 63] ?? 0)) & 0xffff
  }
  for (const rounds of [5, 6, 5]) {
    for (let i = 0; i < rounds; i++) mix()
    if (next > 0) mash()
  }
  const out = Buffer.alloc(BLOCK_BYTES)
  for (const [index, word] of r.entries()) out.writeUInt16LE(word, 2 * index)
  return out
}
