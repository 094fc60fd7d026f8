import COpenSSL

package enum HMACSHA256 {
  package static func authenticate(key: [UInt8], message: [UInt8]) -> [UInt8] {
    message.withUnsafeBytes { authenticate(key: key, message: $0) }
  }

  package static func authenticate(key: [UInt8], message: UnsafeRawBufferPointer) -> [UInt8] {
    let size = 32
    return [UInt8](unsafeUninitializedCapacity: size) { code, count in
      let done = HMAC(
        EVP_sha256(), key, Int32(clamping: key.count),
        message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count, code.baseAddress, nil)
      precondition(done != nil, "libcrypto has no SHA-256")
      count = size
    }
  }
}
