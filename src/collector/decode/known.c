/* known: what a decoder knows of exporters, for those who ask or tell it (contract in decode.h). */
#include "collector/decode/decode.h"
#include "collector/decode/parking.h"
#include "collector/decode/walk.h"

void decoder_end_session(struct decoder *d, const struct ip *from, uint16_t port)
{
	streams_end_session(d->streams, from, port);
}

void decoder_end_sessions(struct decoder *d)
{
	streams_end_sessions(d->streams);
}

size_t decoder_memory(const struct decoder *d)
{
	return sizeof *d + streams_memory(d->streams) + parking_memory(d->parking);
}

size_t decoder_bound(const struct decoder *d)
{
	return sizeof *d + streams_bound(d->streams) + parking_bound(d->parking);
}

void decoder_streams(const struct decoder *d,
                     void (*see)(void *context, const struct stream *stream), void *context)
{
	streams_each(d->streams, see, context);
}
