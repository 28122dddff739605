// Codes of errors in Chinese. What the node says about the error itself is English, and is shown beside it.
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';

const CHINESE: Readonly<Record<string, string>> = {
  ALREADY_EXISTS: '已存在',
  BAD_CONFIG_SCHEMA: '配置无效',
  BAD_LISTENER_ID: '监听器 ID 无效',
  BAD_MFA_TOKEN: '验证码缺失或错误',
  BAD_NODE_NAME: '节点名称无效',
  BAD_REQUEST: '请求无效',
  BAD_RPC: '其他节点没有正确应答',
  BAD_TOPIC: '主题或主题过滤器无效',
  BAD_USERNAME_OR_PWD: '用户名或密码错误',
  CLIENTID_NOT_FOUND: '客户端不存在',
  CLIENT_NOT_FOUND: '客户端不存在',
  CLIENT_NOT_RESPONSE: '客户端未及时应答',
  CONFLICT: '与现有内容冲突',
  DEPENDENCY_EXISTS: '仍被其他对象使用',
  ERROR_PWD_NOT_MATCH: '旧密码错误',
  EXCEED_LIMIT: '已达到上限',
  FORBIDDEN: '不允许',
  INTERNAL_ERROR: '内部错误，详见节点日志',
  INVALID_ID: 'ID 无效',
  INVALID_PARAMETER: '参数无效',
  LOGIN_LOCKED: '登录失败次数过多，请稍后再试',
  MESSAGE_ID_NOT_FOUND: '消息不存在',
  MESSAGE_ID_SCHEMA_ERROR: '消息 ID 无效',
  METHOD_NOT_ALLOWED: '不支持该请求方法',
  NOT_ALLOWED: '此操作不被允许',
  NOT_FOUND: '不存在',
  NOT_MATCH: '内容不一致',
  NO_DEFAULT_VALUE: '没有可恢复的值',
  RESET_FAILED: '重置失败',
  RESOURCE_NOT_FOUND: '资源不存在',
  SERVICE_UNAVAILABLE: '节点暂时无法应答',
  SOURCE_ERROR: '后端没有正确应答',
  TOPIC_NOT_FOUND: '主题不存在',
  UNSUPPORTED_MEDIA_TYPE: '不支持的内容类型',
  UPDATE_FAILED: '更改未生效',
  USER_NOT_FOUND: '用户不存在',
};

// Undefined where the language is English, in which the message says it already, and for a code that is not known here.
export function useErrorCode(): (code: string) => string | undefined {
  const { language } = useStore(preferences);
  return code => (language === 'zh' ? CHINESE[code] : undefined);
}
