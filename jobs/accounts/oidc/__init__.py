"""Sign-in by OpenID Connect Core 1.0: the authorization code flow with PKCE (RFC 7636).

`provider` is what the console uses. `attempt` has the secrets of one sign-in, `discovery` the
provider's metadata and keys, `id_token` the checks of an ID token, `identity` who the person is by
its claims, `requests` the bounded HTTP client.
"""
