import COpenSSL

/// Takes as long for a near miss as for a match; only a difference in length shows.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
