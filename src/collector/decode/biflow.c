#include "collector/decode/biflow.h"

#include "core/base/attr.h"

static const enum column_id ends[][2] = {
	{ COL_SourceIp, COL_DestinationIp },
	{ COL_SourcePort, COL_DestinationPort },
	{ COL_SrcMask, COL_DstMask },
	{ COL_SrcAsn, COL_DstAsn },
	{ COL_InputInterface, COL_OutputInterface },
	{ COL_IngressVrf, COL_EgressVrf },
};

static const enum column_id one_way[] = {
	COL_NumberOfBytes, COL_NumberOfPackets, COL_SumOfSquares, COL_TotalCounters,
	COL_TcpFlag,       COL_MinTtl,          COL_MaxTtl,       COL_IcmpType,
	COL_IcmpCode,      COL_NextHop,         COL_BgpNextHop,   COL_FlowDirection,
};

void biflow_turn(const struct flow_row *forward, struct flow_row *ret)
{
	*ret = *forward;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		row_copy(ret, ends[i][0], forward, ends[i][1]);
		row_copy(ret, ends[i][1], forward, ends[i][0]);
	}
	for (size_t i = 0; i < ARRAY_LEN(one_way); i++)
		row_set_null(ret, one_way[i]);
	ret->sequence = forward->sequence + 1;
	ret->records = 0;
}
