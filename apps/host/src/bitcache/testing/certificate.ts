// A certificate for pay.example, other.example and 127.0.0.1 that a server of the tests made for itself. It vouches for nothing. For tests only.

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBsTCCAVegAwIBAgIUS3N9yzlt1hN+SiegVU3xgakG50IwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLcGF5LmV4YW1wbGUwIBcNMjYxMTIyMTI0MjM1WhgPMjEyNjEw
MjkxMjQyMzVaMBYxFDASBgNVBAMMC3BheS5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEu0XiV/iI2/mmpzdSJ8DZxtnrpJ7d0XlvHiqUKKzH/5M+FynJ
cU797mV31b7mGsTcvXZClf49EcOqUnudMKjKvKOBgDB+MB0GA1UdDgQWBBS0CYGV
nv1a1XfZMfZHPQd0YpIwDDAfBgNVHSMEGDAWgBS0CYGVnv1a1XfZMfZHPQd0YpIw
DDAPBgNVHRMBAf8EBTADAQH/MCsGA1UdEQQkMCKCC3BheS5leGFtcGxlgg1vdGhl
ci5leGFtcGxlhwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIGyze0eOtkdioK1sNykP
iAbl/iTUmMB8lr+NvRqnKV5dAiEApd8AS0EEAOCKKXpZ4KYlp/y4Dm3G2hsyFq1P
PcO0NRw=
-----END CERTIFICATE-----
`;

export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgObrKFsws9bMYjpqk
yc7FQPc+NZ6JtDD0hQF0OuFJxj+hRANCAAS7ReJX+Ijb+aanN1InwNnG2euknt3R
eW8eKpQorMf/kz4XKclxTv3uZXfVvuYaxNy9dkKV/j0Rw6pSe50wqMq8
-----END PRIVATE KEY-----
`;
