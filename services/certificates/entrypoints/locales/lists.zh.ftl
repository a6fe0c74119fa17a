## 清单：证书

certificates-state-valid = 有效
certificates-state-corrected = 更正过
certificates-state-revoked = 已撤销
certificates-reason = 撤销或恢复时写下的原因，核验的人会看到。
certificates-why = 用途或原因（下载的用途会记入操作日志）
certificates-zip = 打包下载选中的
certificates-print = 选中的合并成一个文件打印
certificates-take-back = 撤销或恢复选中的
certificates-revoke = 撤销
certificates-restore = 恢复
outcome-certificate-revoke = 撤销了 { $count } 张证书。核验的人会看到原因。
outcome-certificate-restore = 恢复了 { $count } 张证书。
