/// What to say of a container that has none.
package enum CurlProgram {
  package static let missing =
    "there is no program curl in the container, so no notification can be sent: install it in the image "
    + "(`apt-get install -y --no-install-recommends curl ca-certificates`, or `apk add curl`)"
}
