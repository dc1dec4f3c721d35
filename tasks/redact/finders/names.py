"""Names after a label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import HAN

_COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于"
    "司空闾丘令狐百里呼延东郭南门西门"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND[at : at + 2] for at in range(0, len(_COMPOUND), 2))
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方"
    "俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明"
    "臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢"
    "莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴"
    "弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠"
    "蒙池乔阴郁胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容"
    "向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东殴殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰"
    "巢关蒯相查后荆红游竺权逯盖益桓公肖闫付覃侯涂岳帅亓仝代贠佘佟苟粟占邸"
)
# Characters of names that are outside of `HAN` or that no list of surnames has: 〇, the blocks
# beyond the BMP, and the private use areas, which GBK fonts use for rare characters.
_RARE = r"\u3007\ue000-\uf8ff\U00020000-\U0003ffff\U000f0000-\U0010fffd"
_CHAR = rf"[{HAN}{_RARE}]"
_LABEL = (
    r"(?:姓[ ]{0,4}名|申请人|被申请人|联系人|当事人|法定代表人|法人代表|被处罚人|处罚相对人|户主|"
    r"户名|监护人|投诉人|举报人|信访人|经办人|负责人|来电人|诉求人|受害人|患者|家长|收件人|签收人|"
    r"证人|原告人?|被告人?|嫌疑人|代理人|承租人|出租人|报案人|被害人)"
)
# Column headings that begin with a surname.
_NO_NAME = (
    r"(?:单位|单价|单号|时间|时段|时长|成绩|成员|车牌号?|车号|车型|家庭|家属|家长|国籍|籍贯|居住地?|计划|项目|"
    r"项次|金额|方式|房号|房屋|通讯|平均|全称|安排|文化|文号|简历|简介|简称|容量|经办人?|经费|经历|干部|班级|班次|"
    r"荣誉|曾用名|关系|相片|查询|印章|司机|任务|任职|常住地?|支部|支行|农户|宗教|党派|党员|余额|明细|费用|路线|"
    r"别名|满意度?|相关|公司|水号|终审|平台|应聘|管理)"
)
_LABELLED = re.compile(
    rf"(?:{_LABEL}(?:姓名)?[ ]?[:\t][ \t]{{0,4}}|"
    rf"(?:{_LABEL}|(?<![{HAN}]))姓[ ]{{0,4}}名[ ]{{1,4}}(?![和及与或][ ]))"
    rf"(?!{_NO_NAME}(?![{HAN}]))"
    rf"(?P<name>(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|[{_SURNAMES}{_RARE}])"
    rf"[ ]{{0,2}}{_CHAR}(?:{_CHAR}|[ ]{{1,2}}(?![男女]){_CHAR})?"
    rf"|{_CHAR}{{1,12}}(?:[·•・‧]{_CHAR}{{1,12}}){{1,4}})"
    rf"(?!{_CHAR})"
)


def labelled_names(text: str) -> Iterator[Detection]:
    """Finds names of two to four characters, or with a dot, after a label such as `姓名:`."""
    for match in _LABELLED.finditer(text):
        yield Detection(Kind.name, *match.span("name"))
