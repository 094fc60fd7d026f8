import Foundation

/// Made for these tests; they open nothing.
enum Keys {
  static let ed25519 = """
    -----BEGIN OPENSSH PRIVATE KEY-----
    b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
    QyNTUxOQAAACBWi67p0i8TJ106AANxXLxfi+bQRyV1me6FYzlWTjXk3wAAAIgIEjoHCBI6
    BwAAAAtzc2gtZWQyNTUxOQAAACBWi67p0i8TJ106AANxXLxfi+bQRyV1me6FYzlWTjXk3w
    AAAEBjwbJKb/CQL49Olysa5R/OImocNlwFiAiMNaI2VvVEYlaLrunSLxMnXToAA3FcvF+L
    5tBHJXWZ7oVjOVZONeTfAAAABHRlc3QB
    -----END OPENSSH PRIVATE KEY-----

    """

  static let ed25519WithPassphrase = """
    -----BEGIN OPENSSH PRIVATE KEY-----
    b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABA+e47CaF
    jJ7twD9FR7aiTDAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIKg7QCJCCV6kaE5W
    5nejNTdg0zlFxs8W4yeBrrprEb+qAAAAkElYpdH1M/5NBRCQe/YtXHGac6ebMyz00s4Fxl
    N5BMxlPMFlXtaTjzTqfyrnEL8FT166UEU8X2ywyhqRarYWMSP2rAuqiz5YUNm5Gm28Vt5+
    rswbqgLp3X/dL+x8Zkax/hTOkKanSlW799Y0d/k9aReciY8sOLXhT+ZdXMz8rSauIj3Ieq
    vwP1ym8Svwguf5WQ==
    -----END OPENSSH PRIVATE KEY-----

    """

  static let rsa = """
    -----BEGIN RSA PRIVATE KEY-----
    MIICXQIBAAKBgQDQCocT6Ku+SM4hqfOEKU+Ufabb0iF9Aa3pVIRCRHmiUUq7qsDT
    Yr1JhSMSVXr/0vNL3sDJjHe5McWoh/hXp2fL8XieUqZSEFETG8KVN6D3reOtF+XV
    yEoZoIwPbDeVvelQ3vTv3VVzZSXPhkeXpP81LQ4JV2kJ/cjidx/suuIOcQIDAQAB
    AoGAHNR4p5+kvTflqPCeWIBJEPDgwLG8BlDHQwB9W5mVqZLOYndlRWX3iUqz84R5
    CR64rJjv6n5W0Qk+tP4ywiLm1TIxBG1cfMMdvKOnUg8R37Uunef+G/qZm+mfFGkU
    T3ehPzaeRHBZu4FwWB529JXFPfaNlo+OCgQzS7TMzUxM8WECQQD6qAbRjvtXi9bq
    1Xvd85v8Kzaz6IfpkD2ibQFQUlVnAAXCao32BLLu7FWHVEmo+IHx6v6SbFqr7eao
    5SHWfRoVAkEA1Hns9V4WEg4Fv/OIri+Bt75Z52ZVAnrC0IrJjVvLBjfbUrtXvRXm
    bPuzpR1GTAcLvvRx2Pu9EYz2gOzENXSF7QJACpkeKLAl+m6kOKusIBdTyha9ql+z
    l3GM2ZhITPAeQkui8rR0qilKs4V0nFM5Bhbzz5nDB8fjEY/uh8egZaRGfQJBAK2D
    UBXkGqPt3ZYue6y7UPRLN0H32G4o8BS7cfLFRluym6HJKdJZIw5W0hKBgJmvm1D6
    cEpg8bp2YgtQzr5UhNUCQQCgL6fdJssdVa2L9OmPywDoTAjRsRRDg+GXAYYe6gBa
    96CcHwZZqkCKWxstsf6Cd104OJWjh8tWd8c1snKqCvEA
    -----END RSA PRIVATE KEY-----

    """

  static let rsaWithPassphrase = """
    -----BEGIN RSA PRIVATE KEY-----
    Proc-Type: 4,ENCRYPTED
    DEK-Info: AES-128-CBC,1E4F8C7CC6CFA029915DB71FD5319E14

    wtL68AM9LU2Ta76T9ngNTLzJtRnTKQ+JlWvP4or2C6vOTdqE0KD/+710hISxO34K
    xmiwXKz0twThyHYV4mOM382Ul2BlWmT49RVFU2b0vZNOjXiTpdDfDXKL5+5Ie+69
    9m4OFglLFNJ41Iks+Kq88MR3kWbcbCmwZALlM9fZDuYYSMNdUtCaQcbq6/Bl3tVz
    kxF9dju0Ac/yN8EMvdpEf5fYRNekBZaRES+myBURFZK9BJgDpOhCUTK3xmzYc8mO
    kLz8Cyg183fMmLVuMJtr8XJQqnMTrTiZLNgOCVR/gQV8w82HOpi1MwztOI4Htp8A
    tQJ3wcuQkDxkIJfOTIZ63GHyZXJtxRW5Xu2kvKqNUNDXwLwBqfyK4fA5jV5S7hO1
    94go6rnctjvmhrNBBWFE5uG6K26prhhZvZ5Nim2gOe02AVl06UiYSQLd8L2iOI4x
    MsqsTWtrzsZRiQGTgJCF2oYneccnTZMKSgVhxtPwQWhwZ1W5h3IIygo3YWjj6gZF
    fR9NINVl9OZySLdLqslfU67IRYrcadQCL0LGZLjSIKkokj/3yCK2cEzi8kFq+pd0
    8IG0wrEQfIZl0oNkKQ+9JPupVeB7wocCuAZpBt+bZbbUoumxBNzdylo4QAFeopy9
    to6T0DzTnzvp0ThX64GKkt6bdiYl0qX4yrW0dXftMscok2GYih6eUlETc+jkzNhe
    CPbqRYlR3lxoSUMT18fx58uIywMg44RIsQHtc3UcEaX6yr/jitqAA+hn+ZPAA/G5
    n0XJQg+kfvj6Ey2+OOQWhEyNRaQNEHwvM/ufIwbndxc=
    -----END RSA PRIVATE KEY-----

    """

  static let ecdsa = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIEXgNQ7ltvqYIVKucFhFuUXF7WFOaCtrwRuYXAow2GQBoAoGCCqGSM49
    AwEHoUQDQgAEiIkYJJD+pIKNrdUYj5/Lus4RHh+E/El5CJ3DYOaqQ4VN+Dm+qDAA
    mYurl/yTl78RL2UN2pR41/HYflEwUFjf8w==
    -----END EC PRIVATE KEY-----

    """

  static let pkcs8 = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIOPD68P8aqHv0z9gvBRwpNcqsbKGWsrjR5gpc3zrUOTJ
    -----END PRIVATE KEY-----

    """

  static let pkcs8WithPassphrase = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhOKFhvp7XQkwICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEFFKWqAEXgm0bwXfc0a75yEEQHK0
    fLNTgJYB5Ld6SuD8058X2w0xrnM/vWT3pyyTkJWUnQPPRcT/qYDqQAe4Rnm5QDna
    bCT4pdPGhu+WLIgyng8=
    -----END ENCRYPTED PRIVATE KEY-----

    """

  static let publicHalf = """
    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFaLrunSLxMnXToAA3FcvF+L5tBHJXWZ7oVjOVZONeTf test

    """

  static func base64(_ key: String, inLines: Bool = false) -> String {
    Data(key.utf8).base64EncodedString(options: inLines ? .lineLength76Characters : [])
  }
}
