## 清单：证书

certificates-state-valid = 有效
certificates-state-corrected = 更正过
certificates-state-revoked = 已撤销
certificates-reason = 撤销或恢复的原因（核验的人会看到）
certificates-revoke = 撤销
certificates-restore = 恢复
outcome-certificate-revoke = 撤销了 { $count } 张证书。核验的人会看到原因。
outcome-certificate-restore = 恢复了 { $count } 张证书。
