import COpenSSL

package enum SHA256 {
  package static func digest(_ message: [UInt8]) -> [UInt8] {
    let size = 32
    return [UInt8](unsafeUninitializedCapacity: size) { digest, count in
      let done = EVP_Digest(message, message.count, digest.baseAddress, nil, EVP_sha256(), nil)
      precondition(done == 1, "libcrypto has no SHA-256")
      count = size
    }
  }
}
